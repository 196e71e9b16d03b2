"use client";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { toast } from "sonner";
import { usePageKeys } from "@/components/shell/page-keys";
import { Button } from "@/components/ui/button";
import { ErrorBar } from "@/components/ui/error/error-bar";
import { formatPlural } from "@/components/ui/format";
import { EmptyState } from "@/components/ui/page";
import { ScrollRegion } from "@/components/ui/scroll-region";
import type { RunEvent } from "@/contract/event";
import { isFailedEvent } from "@/contract/failed-event";
import type { Run } from "@/contract/run";
import { EventRows, isAtEndOf } from "./event-rows";
import { SearchProgressBar } from "./search-progress-bar";
import { useRunLog } from "./session-logs";
import { stepTo } from "./summary";
import { TraceBar } from "./trace-bar";
import { filterOf, isNarrowed, type TraceFilter } from "./trace-filter";
import type { TraceItem } from "./trace-row";
import { useAnchor } from "./use-anchor";
import { NOTHING_SEARCHED, useEventSearch } from "./use-event-search";
import { useTraceWindow } from "./use-trace-window";

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
  const scroller = useRef<HTMLDivElement>(null);
  const toEnd = useRef<() => void>(() => {});
  const { openSeqs, toggle, target, goTo, clearTarget } = useAnchor();
  const isHeld = isNarrowed(filter);
  const search = useEventSearch(run.id, filter);
  const traceWindow = useTraceWindow({ log, snapshot, target, searched: search.searched });
  const searched = search.searched.windowName === traceWindow.name ? search.searched : NOTHING_SEARCHED;
  const backToSeq = Math.min(searched.backToSeq ?? traceWindow.firstSeq, traceWindow.firstSeq);

  const matching = useMemo(() => traceWindow.events.filter(filterOf(filter)), [traceWindow.events, filter]);
  const shown = useMemo(
    () => (isHeld || hasStatus ? matching : withoutStatus(matching, target)),
    [matching, isHeld, hasStatus, target],
  );
  const items = useMemo<readonly TraceItem[]>(
    () => (isHeld ? [...searched.items.filter(({ seq }) => seq < traceWindow.firstSeq), ...shown] : shown),
    [isHeld, searched.items, traceWindow.firstSeq, shown],
  );
  const failures = useMemo(
    () => items.filter((item) => ("payload" in item ? isFailedEvent(item) : item.isFailed)).map(({ seq }) => seq),
    [items],
  );
  const focusSeq = useRef<number | null>(null);
  const jump = async (by: 1 | -1) => {
    const here = stepTo(failures, target, by);
    // Beyond what is loaded others are looked for, from where one stands if that is further.
    const from =
      by === 1 ? Math.max(target ?? 0, traceWindow.lastSeq) + 1 : Math.min(target ?? backToSeq, backToSeq) - 1;
    const isInRange = by === 1 ? from <= traceWindow.totalCount : from >= 1;
    const seq = here ?? (isInRange ? await search.findFailure(from, by) : null);
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
  const isTail = traceWindow.window === null;
  const follow = () => {
    if (!isTail) clearTarget();
    else toEnd.current();
  };
  useEffect(
    () => log.addReader(() => !isTail || (!isHeld && target === null && isAtEndOf(scroller.current))),
    [log, isTail, isHeld, target],
  );
  const around = useCallback(
    (seq: number) => {
      onClear();
      goTo(seq);
    },
    [onClear, goTo],
  );
  const searchedCount = traceWindow.lastSeq - backToSeq + 1;
  const error = traceWindow.error ?? search.error;

  return (
    <>
      <TraceBar
        run={run}
        items={items}
        quietCount={matching.length - shown.length}
        traceWindow={traceWindow}
        filter={filter}
        searchedCount={searchedCount}
        failureCount={failures.length}
        onFailure={(by) => void jump(by)}
        onEnd={follow}
        fetchPage={log.fetchPage}
      />
      {traceWindow.totalCount > traceWindow.events.length && (
        <SearchProgressBar
          search={search}
          isNarrowed={isHeld}
          searchedCount={searchedCount}
          totalCount={traceWindow.totalCount}
          hasEnded={backToSeq <= 1}
          onFurther={() => search.searchFurther(traceWindow)}
        />
      )}
      {error !== null && (
        <ErrorBar
          error={error}
          onRetry={() => (traceWindow.error === null ? search.searchFurther(traceWindow) : traceWindow.retry())}
        />
      )}
      <ScrollRegion ref={scroller} label="Events" className="min-h-0 flex-1">
        {items.length === 0 && traceWindow.isReady ? (
          <EmptyState title="No matching events" action={<Button onClick={onClear}>Clear filters</Button>}>
            {searchedCount < traceWindow.totalCount
              ? `Searched ${searchedCount.toLocaleString("en")} of ${formatPlural(traceWindow.totalCount, "event")}.`
              : `${formatPlural(traceWindow.totalCount, "event")} hidden by filters.`}
          </EmptyState>
        ) : (
          <EventRows
            key={traceWindow.name}
            items={items}
            startMs={Date.parse(run.createdAt)}
            scroller={scroller}
            toEnd={toEnd}
            openSeqs={openSeqs}
            onToggle={toggle}
            onAround={isHeld ? around : null}
            target={target}
            focusSeq={focusSeq}
            isReady={traceWindow.isReady}
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
  const visibleEvents = events.filter(
    (event) => event.type !== "backend_status" || event.seq === target || isFailedEvent(event),
  );
  return visibleEvents.length === 0 ? events : visibleEvents;
}
