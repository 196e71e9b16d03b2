"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useRef } from "react";
import { cn } from "@/components/ui/class-names";
import { type TraceItem, TraceRow } from "./trace-row";

const ROW_PX = 32;
/** Closer than this to the end counts as reading along. */
const END_PX = 120;

export function isAtEndOf(scroller: HTMLElement | null): boolean {
  return scroller === null || scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < END_PX;
}

type EventRowsProps = {
  items: readonly TraceItem[];
  startMs: number;
  /** What scrolls. */
  scroller: RefObject<HTMLDivElement | null>;
  /** Is given what goes to the last row. */
  toEnd: RefObject<() => void>;
  openSeqs: ReadonlySet<number>;
  onToggle: (seq: number) => void;
  onAround: ((seq: number) => void) | null;
  /** The event that the address names. */
  target: number | null;
  /** What was jumped to, until it has the focus. */
  focusSeq: RefObject<number | null>;
  isReady: boolean;
  /** Whether these are the newest events, so that new ones are followed. */
  isTail: boolean;
};

/** Events one below the other, of which those in sight alone are drawn. */
export function EventRows(props: EventRowsProps) {
  const { items, startMs, scroller, toEnd, openSeqs, onToggle, onAround, target, focusSeq, isReady, isTail } = props;
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => items[index]?.seq ?? index,
    overscan: 12,
    anchorTo: "end",
    followOnAppend: isTail,
    useFlushSync: false,
  });
  useEffect(() => {
    toEnd.current = () => virtual.scrollToIndex(items.length - 1, { align: "end" });
  });
  // Who comes back from elsewhere in the log stands at its end.
  // biome-ignore lint/correctness/useExhaustiveDependencies: later ends are followed by the list itself.
  useEffect(() => {
    if (isTail && target === null && items.length > 0) toEnd.current();
  }, []);
  useScrollToTarget({ target, items, isReady, scrollTo: (index) => virtual.scrollToIndex(index, { align: "center" }) });
  // What was jumped to takes the focus once it is there: a list this long holds what is in view alone.
  useEffect(() => {
    const row =
      focusSeq.current === null ? null : scroller.current?.querySelector(`[data-seq="${focusSeq.current}"] button`);
    if (!(row instanceof HTMLElement)) return;
    focusSeq.current = null;
    row.focus({ preventScroll: true });
  });

  return (
    <ol className="relative" style={{ height: virtual.getTotalSize() }}>
      {virtual.getVirtualItems().map((row) => {
        const event = items[row.index];
        if (event === undefined) return null;
        return (
          <li
            key={row.key}
            ref={virtual.measureElement}
            data-index={row.index}
            data-seq={event.seq}
            aria-setsize={items.length}
            aria-posinset={row.index + 1}
            className={cn("absolute inset-x-0 top-0", target === event.seq && "bg-accent-soft")}
            style={{ transform: `translateY(${row.start}px)` }}
          >
            <TraceRow
              event={event}
              startMs={startMs}
              isOpen={openSeqs.has(event.seq)}
              onToggle={onToggle}
              onAround={onAround}
            />
          </li>
        );
      })}
    </ol>
  );
}

type ScrollInput = {
  target: number | null;
  items: readonly TraceItem[];
  isReady: boolean;
  scrollTo: (index: number) => void;
};

/** Brings the event that the address names into view, once it is loaded. */
function useScrollToTarget({ target, items, isReady, scrollTo }: ScrollInput): void {
  const done = useRef<number | null>(null);
  useEffect(() => {
    if (target === null || !isReady || done.current === target) return;
    const index = items.findIndex((item) => item.seq === target);
    if (index === -1) return;
    done.current = target;
    scrollTo(index);
  });
}
