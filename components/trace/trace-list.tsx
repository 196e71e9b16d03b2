"use client";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { toast } from "sonner";
import { usePageKeys } from "@/components/shell/page-keys";
import { Button } from "@/components/ui/button";
import { ErrorBar } from "@/components/ui/error-bar";
import { formatPlural } from "@/components/ui/format";
import { EmptyState } from "@/components/ui/page";
import { ScrollRegion } from "@/components/ui/scroll-region";
import type { RunEvent } from "@/contract/event";
import { isFailedEvent } from "@/contract/failed-event";
import type { Run } from "@/contract/run";
import { EventRows, isAtEndOf } from "./event-rows";
import { LookBar } from "./look-bar";
import { useRunLog } from "./session-logs";
import { stepTo } from "./summary";
import { TraceBar } from "./trace-bar";
import { filterOf, isNarrowed, type TraceFilter } from "./trace-filter";
import type { TraceItem } from "./trace-row";
import { useAnchor } from "./use-anchor";
import { NOTHING_LOOKED, useEventSearch } from "./use-event-search";
import { usePart } from "./use-part";

type TraceListProps = {
  run: Run;
  filter: TraceFilter;
  /** Whether what a runner notes of itself is shown, where nothing is looked for. */
  hasStatus: boolean;
  onClear: () => void;
};

/** A run's events that match, of those that are loaded and of those that were looked for further back. */
export function TraceList({ run, filter, hasStatus, onClear }: TraceListProps) {
  const { log, snapshot } = useRunLog(run);
  const box = useRef<HTMLDivElement>(null);
  const toEnd = useRef<() => void>(() => {});
  const { openSeqs, toggle, target, goTo, leave } = useAnchor();
  const isHeld = isNarrowed(filter);
  const search = useEventSearch(run.id, filter);
  const part = usePart({ log, snapshot, target, looked: search.looked });
  const looked = search.looked.part === part.name ? search.looked : NOTHING_LOOKED;
  const backToSeq = Math.min(looked.backToSeq ?? part.firstSeq, part.firstSeq);

  const matching = useMemo(() => part.events.filter(filterOf(filter)), [part.events, filter]);
  const shown = useMemo(
    () => (isHeld || hasStatus ? matching : withoutStatus(matching, target)),
    [matching, isHeld, hasStatus, target],
  );
  const items = useMemo<readonly TraceItem[]>(
    () => (isHeld ? [...looked.items.filter(({ seq }) => seq < part.firstSeq), ...shown] : shown),
    [isHeld, looked.items, part.firstSeq, shown],
  );
  const failures = useMemo(
    () => items.filter((item) => ("payload" in item ? isFailedEvent(item) : item.isFailed)).map(({ seq }) => seq),
    [items],
  );
  const focusSeq = useRef<number | null>(null);
  const jump = async (by: 1 | -1) => {
    const here = stepTo(failures, target, by);
    // Beyond what is loaded others are looked for, from where one stands if that is further.
    const from = by === 1 ? Math.max(target ?? 0, part.lastSeq) + 1 : Math.min(target ?? backToSeq, backToSeq) - 1;
    const isThere = by === 1 ? from <= part.totalCount : from >= 1;
    const seq = here ?? (isThere ? await search.findFailure(from, by) : null);
    if (seq === null) toast(by === 1 ? "No later failure" : "No earlier failure");
    if (seq === null || seq === undefined) return;
    focusSeq.current = seq;
    goTo(seq);
  };
  usePageKeys([
    { keys: "]", name: "Next failure", run: () => void jump(1) },
    { keys: "[", name: "Previous failure", run: () => void jump(-1) },
    { keys: "f", name: "Jump to latest and follow", run: () => follow() },
  ]);
  const isTail = part.window === null;
  const follow = () => {
    if (!isTail) leave();
    else toEnd.current();
  };
  useEffect(
    () => log.addReader(() => !isTail || (!isHeld && target === null && isAtEndOf(box.current))),
    [log, isTail, isHeld, target],
  );
  const around = useCallback(
    (seq: number) => {
      onClear();
      goTo(seq);
    },
    [onClear, goTo],
  );
  const searchedCount = part.lastSeq - backToSeq + 1;
  const error = part.error ?? search.error;

  return (
    <>
      <TraceBar
        run={run}
        items={items}
        quietCount={matching.length - shown.length}
        part={part}
        filter={filter}
        searchedCount={searchedCount}
        failureCount={failures.length}
        onFailure={(by) => void jump(by)}
        onEnd={follow}
        fetchPage={log.fetchPage}
      />
      {part.totalCount > part.events.length && (
        <LookBar
          search={search}
          isNarrowed={isHeld}
          searchedCount={searchedCount}
          totalCount={part.totalCount}
          isOver={backToSeq <= 1}
          onFurther={() => search.lookFurther(part)}
        />
      )}
      {error !== null && (
        <ErrorBar error={error} onRetry={() => (part.error === null ? search.lookFurther(part) : part.retry())} />
      )}
      <ScrollRegion ref={box} label="Events" className="min-h-0 flex-1">
        {items.length === 0 && part.isReady ? (
          <EmptyState title="No matching events" action={<Button onClick={onClear}>Clear filters</Button>}>
            {searchedCount < part.totalCount
              ? `Searched ${searchedCount.toLocaleString("en")} of ${formatPlural(part.totalCount, "event")}.`
              : `${formatPlural(part.totalCount, "event")} hidden by filters.`}
          </EmptyState>
        ) : (
          <EventRows
            key={part.name}
            items={items}
            startMs={Date.parse(run.createdAt)}
            box={box}
            toEnd={toEnd}
            openSeqs={openSeqs}
            onToggle={toggle}
            onAround={isHeld ? around : null}
            target={target}
            focusSeq={focusSeq}
            isReady={part.isReady}
            isTail={isTail}
          />
        )}
        {snapshot.missingCount > 0 && (
          <p role="status" className="border-b bg-warn-soft px-4 py-1.5 font-mono text-xs text-warn lg:px-6">
            Loading {formatPlural(snapshot.missingCount, "event")}
          </p>
        )}
      </ScrollRegion>
    </>
  );
}

/** A run's log without what its runner notes of itself; what went wrong stays, and what the address names. */
function withoutStatus(events: readonly RunEvent[], target: number | null): readonly RunEvent[] {
  const told = events.filter(
    (event) => event.type !== "backend_status" || event.seq === target || isFailedEvent(event),
  );
  return told.length === 0 ? events : told;
}
