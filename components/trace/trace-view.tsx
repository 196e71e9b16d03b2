"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ListFilter, Search, X } from "lucide-react";
import {
  parseAsArrayOf,
  parseAsBoolean,
  parseAsInteger,
  parseAsString,
  parseAsStringLiteral,
  useQueryStates,
} from "nuqs";
import { useEffect, useMemo, useRef } from "react";
import { usePageKeys } from "@/components/shell/page-keys";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { ErrorBar } from "@/components/ui/error-bar";
import { Input, Select } from "@/components/ui/field";
import { formatDuration, formatPlural, shortenId } from "@/components/ui/format";
import { EmptyState } from "@/components/ui/page";
import { ScrollRegion } from "@/components/ui/scroll-region";
import type { RunEvent } from "@/contract/event";
import type { Run } from "@/contract/run";
import { EVENT_TYPES } from "@/contract/words";
import { useRunLog } from "./session-logs";
import { isFailure, isInRange, matches, stepTo, type TimeRange } from "./summary";
import { TraceBar } from "./trace-bar";
import { TraceRow } from "./trace-row";
import { TypeToggles } from "./type-toggles";
import { useAnchor } from "./use-anchor";

const FILTERS = {
  run: parseAsString,
  hide: parseAsArrayOf(parseAsStringLiteral(EVENT_TYPES)).withDefault([]),
  find: parseAsString.withDefault(""),
  types: parseAsBoolean.withDefault(false),
  /** A part of the run's time, as its timeline gives it. */
  from: parseAsInteger,
  to: parseAsInteger,
};
const ROW_PX = 32;
/** What is loaded before the event that the address names, to be read with it. */
const CONTEXT_EVENTS = 50;

/** Every event of a run as it is stored: filtered by type and text, each with its JSON and an address of its own. */
export function TraceView({ runs, followedId }: { runs: readonly Run[]; followedId: string | null }) {
  const [filters, setFilters] = useQueryStates(FILTERS, { history: "replace" });
  const run =
    runs.find((known) => known.id === filters.run) ?? runs.find((known) => known.id === followedId) ?? runs[0];
  if (run === undefined)
    return <EmptyState title="No events yet">Events are written by runs; this session has had none.</EmptyState>;
  const { from, to } = filters;
  const startMs = Date.parse(run.createdAt);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b bg-panel px-4 py-2 lg:px-6">
        {runs.length > 1 && (
          <Select
            aria-label="Run"
            className="w-auto font-mono text-xs"
            value={run.id}
            onChange={(event) =>
              // A part of one run's time is none of another's.
              void setFilters({
                run: event.target.value === followedId ? null : event.target.value,
                ...{ from: null, to: null },
              })
            }
          >
            {runs.map((known) => (
              <option key={known.id} value={known.id}>
                {shortenId(known.id)} {known.status}
              </option>
            ))}
          </Select>
        )}
        <div className="relative min-w-40 flex-1 sm:max-w-72">
          <Search aria-hidden className="absolute top-2 left-2.5 size-4 text-ink-3" />
          <Input
            type="search"
            aria-label="Search events"
            data-shortcut-search
            placeholder="Search in events"
            className="pl-8"
            value={filters.find}
            onChange={(event) => void setFilters({ find: event.target.value === "" ? null : event.target.value })}
          />
        </div>
        <Button aria-expanded={filters.types} onClick={() => void setFilters({ types: !filters.types })}>
          <ListFilter aria-hidden className="size-4" /> Types
          {filters.hide.length > 0 && ` (${filters.hide.length} hidden)`}
        </Button>
        {from !== null && to !== null && (
          <Button onClick={() => void setFilters({ from: null, to: null })} aria-label="Show events of all times">
            +{formatDuration(from - startMs)} to +{formatDuration(to - startMs)} <X aria-hidden className="size-3.5" />
          </Button>
        )}
      </div>
      {filters.types && (
        <TypeToggles
          hidden={filters.hide}
          onChange={(hide) => void setFilters({ hide: hide.length === 0 ? null : hide })}
        />
      )}
      <TraceList
        key={run.id}
        run={run}
        hidden={filters.hide}
        find={filters.find}
        fromMs={from}
        toMs={to}
        onClear={() => void setFilters({ hide: null, find: null, from: null, to: null })}
      />
    </div>
  );
}

type TraceListProps = {
  run: Run;
  hidden: readonly string[];
  find: string;
  fromMs: number | null;
  toMs: number | null;
  onClear: () => void;
};

function TraceList({ run, hidden, find, fromMs, toMs, onClear }: TraceListProps) {
  const { log, snapshot } = useRunLog(run);
  const box = useRef<HTMLDivElement>(null);
  const { openSeqs, toggle, target, goTo } = useAnchor();
  const events = useMemo(() => {
    const without = new Set(hidden);
    const range: TimeRange | null = fromMs === null || toMs === null ? null : { fromMs, toMs };
    return snapshot.events.filter(
      (event) => !without.has(event.type) && isInRange(event, range) && matches(event, find),
    );
  }, [snapshot.events, hidden, find, fromMs, toMs]);
  const failures = useMemo(() => events.filter(isFailure).map(({ seq }) => seq), [events]);
  const focused = useRef<number | null>(null);
  const jump = (by: 1 | -1) => {
    const seq = stepTo(failures, target, by);
    if (seq === null) return;
    focused.current = seq;
    goTo(seq);
  };
  usePageKeys([
    { keys: "]", name: "Next failure", run: () => jump(1) },
    { keys: "[", name: "Previous failure", run: () => jump(-1) },
    { keys: "f", name: "Go to the newest event and follow", run: () => toEnd() },
  ]);
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => events[index]?.seq ?? index,
    overscan: 12,
    anchorTo: "end",
    followOnAppend: true,
    useFlushSync: false,
  });
  const toEnd = () => virtual.scrollToIndex(events.length - 1, { align: "end" });
  const startMs = Date.parse(run.createdAt);
  const isReady = snapshot.state === "ready";
  useEffect(() => {
    if (isReady && target !== null) void log.loadEarlier(target - CONTEXT_EVENTS);
  }, [log, isReady, target]);
  const isHeld = find !== "" || hidden.length > 0 || target !== null || fromMs !== null;
  useEffect(() => log.addReader(() => !isHeld && isAtEndOf(box.current)), [log, isHeld]);
  useScrollToTarget({
    target,
    events,
    isReady,
    scrollTo: (index) => virtual.scrollToIndex(index, { align: "center" }),
  });
  // What was jumped to takes the focus once it is there: a list this long holds what is in view alone.
  useEffect(() => {
    const row = focused.current === null ? null : box.current?.querySelector(`[data-seq="${focused.current}"] button`);
    if (!(row instanceof HTMLElement)) return;
    focused.current = null;
    row.focus({ preventScroll: true });
  });

  return (
    <>
      <TraceBar
        run={run}
        events={events}
        snapshot={snapshot}
        failureCount={failures.length}
        onEarlier={() => void log.loadEarlier()}
        onFailure={jump}
        onEnd={toEnd}
      />
      {snapshot.error !== null && <ErrorBar error={snapshot.error} onRetry={() => void log.catchUp()} />}
      <ScrollRegion ref={box} label="Events" className="min-h-0 flex-1">
        {events.length === 0 && snapshot.state === "ready" ? (
          <EmptyState title="No event matches" action={<Button onClick={onClear}>Clear the filter</Button>}>
            {formatPlural(snapshot.events.length, "event")} of this run are hidden by it.
          </EmptyState>
        ) : (
          <ol className="relative" style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map((row) => {
              const event = events[row.index];
              if (event === undefined) return null;
              return (
                <li
                  key={row.key}
                  ref={virtual.measureElement}
                  data-index={row.index}
                  data-seq={event.seq}
                  aria-setsize={events.length}
                  aria-posinset={row.index + 1}
                  className={cn("absolute inset-x-0 top-0", target === event.seq && "bg-accent-soft")}
                  style={{ transform: `translateY(${row.start}px)` }}
                >
                  <TraceRow
                    event={event}
                    startMs={startMs}
                    isOpen={openSeqs.has(event.seq)}
                    onToggle={() => toggle(event.seq)}
                  />
                </li>
              );
            })}
          </ol>
        )}
        {snapshot.missingCount > 0 && (
          <p role="status" className="border-b bg-warn-soft px-4 py-1.5 font-mono text-xs text-warn lg:px-6">
            … refetching {formatPlural(snapshot.missingCount, "event")}
          </p>
        )}
      </ScrollRegion>
    </>
  );
}

/** Closer than this to the end counts as reading along. */
const END_PX = 120;

function isAtEndOf(box: HTMLElement | null): boolean {
  return box === null || box.scrollHeight - box.scrollTop - box.clientHeight < END_PX;
}

type ScrollInput = {
  target: number | null;
  events: readonly RunEvent[];
  isReady: boolean;
  scrollTo: (index: number) => void;
};

/** Brings the event that the address names into view, once it is loaded. */
function useScrollToTarget({ target, events, isReady, scrollTo }: ScrollInput): void {
  const done = useRef<number | null>(null);
  useEffect(() => {
    if (target === null || !isReady || done.current === target) return;
    const index = events.findIndex((event) => event.seq === target);
    if (index === -1) return;
    done.current = target;
    scrollTo(index);
  });
}
