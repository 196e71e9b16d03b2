"use client";
import { ArrowDown, ChevronDown, ChevronUp, Download } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy";
import { download } from "@/components/ui/download";
import { toastError } from "@/components/ui/error/error-toast";
import { formatPlural } from "@/components/ui/format";
import type { EventPage } from "@/contract/event";
import type { Run } from "@/contract/run";
import { isTerminal } from "@/contract/words";
import { exportEvents } from "./search-pages";
import { toNdjson } from "./summary";
import { filterOf, type TraceFilter } from "./trace-filter";
import type { TraceItem } from "./trace-row";
import type { TraceWindow } from "./use-trace-window";

type TraceBarProps = {
  run: Run;
  items: readonly TraceItem[];
  /** Of those that match, how many are left out as nobody asked for them. */
  quietCount: number;
  traceWindow: TraceWindow;
  filter: TraceFilter;
  /** Of how many those that match were taken. */
  searchedCount: number;
  failureCount: number;
  onFailure: (by: 1 | -1) => void;
  onEnd: () => void;
  fetchPage: (afterSeq: number, limit: number) => Promise<EventPage>;
};

/** How many events are shown, and what can be done with them. */
export function TraceBar({
  run,
  items,
  quietCount,
  traceWindow,
  filter,
  searchedCount,
  failureCount,
  onFailure,
  onEnd,
  fetchPage,
}: TraceBarProps) {
  const all = traceWindow.events.length;
  const isPart = traceWindow.totalCount > all;
  const earlierCount = traceWindow.firstSeq - 1;
  const laterCount = traceWindow.window === null ? 0 : traceWindow.totalCount - traceWindow.lastSeq;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b bg-sunken px-4 py-1 text-xs text-ink-2 lg:px-6">
      <span>{countText(items.length + quietCount, traceWindow, searchedCount)}</span>
      {quietCount > 0 && (
        <span className="text-ink-3 max-sm:hidden">{formatPlural(quietCount, "status event")} hidden</span>
      )}
      {earlierCount > 0 && (
        <Button size="sm" variant="ghost" onClick={traceWindow.loadEarlier}>
          Load earlier ({earlierCount.toLocaleString("en")})
        </Button>
      )}
      {laterCount > 0 && (
        <Button size="sm" variant="ghost" onClick={traceWindow.loadLater}>
          Load later ({laterCount.toLocaleString("en")})
        </Button>
      )}
      {(failureCount > 0 || isPart) && (
        <span className="inline-flex items-center">
          {formatPlural(failureCount, "failure")}
          {isPart && " loaded"}
          <Button size="icon-sm" variant="ghost" aria-label="Previous failure" onClick={() => onFailure(-1)}>
            <ChevronUp aria-hidden className="size-3.5" />
          </Button>
          <Button size="icon-sm" variant="ghost" aria-label="Next failure" onClick={() => onFailure(1)}>
            <ChevronDown aria-hidden className="size-3.5" />
          </Button>
        </span>
      )}
      <span className="ml-auto inline-flex items-center gap-1">
        <span className="max-sm:hidden">NDJSON</span>
        <CopyButton
          text={() => toNdjson(items.filter((item) => "payload" in item))}
          label="Copy loaded events as NDJSON"
        />
        <DownloadAll run={run} filter={filter} fetchPage={fetchPage} />
      </span>
      <Button size="sm" variant="ghost" onClick={onEnd}>
        <ArrowDown aria-hidden className="size-3.5" />{" "}
        {traceWindow.window !== null ? "Newest" : isTerminal(run.status) ? "End" : "Jump to live"}
      </Button>
    </div>
  );
}

function countText(shownCount: number, traceWindow: TraceWindow, searchedCount: number): string {
  const { window, events, firstSeq, lastSeq, totalCount, isReady } = traceWindow;
  if (window !== null && !isReady) return `Loading events around ${window.target.toLocaleString("en")}…`;
  if (shownCount !== events.length)
    return `${shownCount.toLocaleString("en")} of ${formatPlural(searchedCount, "event")}`;
  if (window === null) return formatPlural(events.length, "event");
  return `Events ${firstSeq.toLocaleString("en")} to ${lastSeq.toLocaleString("en")} of ${totalCount.toLocaleString("en")}`;
}

type DownloadAllProps = Pick<TraceBarProps, "run" | "filter" | "fetchPage">;

/** Hands over every event of the run that matches, also those that are not loaded. */
function DownloadAll({ run, filter, fetchPage }: DownloadAllProps) {
  const [read, setRead] = useState<{ count: number; of: number } | null>(null);
  const stop = useRef<AbortController | null>(null);
  useEffect(() => () => stop.current?.abort(), []);
  const start = async () => {
    const giveUp = new AbortController();
    stop.current = giveUp;
    setRead({ count: 0, of: run.lastEventSeq });
    try {
      const parts = await exportEvents(fetchPage, {
        ...{ matches: filterOf(filter), signal: giveUp.signal },
        onProgress: (count, of) => setRead({ count, of }),
      });
      if (parts !== null) download(`${run.id}.ndjson`, parts, "application/x-ndjson");
    } catch (error) {
      toastError(error);
    } finally {
      setRead(null);
    }
  };
  if (read !== null) {
    return (
      <span role="status" className="inline-flex items-center gap-2 tabular-nums">
        {read.count.toLocaleString("en")} of {read.of.toLocaleString("en")} read
        <Button size="sm" onClick={() => stop.current?.abort()}>
          Stop
        </Button>
      </span>
    );
  }
  return (
    <Button
      variant="ghost"
      size="icon-sm"
      aria-label="Download matching events as NDJSON"
      title="Download matching events as NDJSON"
      onClick={() => void start()}
    >
      <Download aria-hidden className="size-3.5" />
    </Button>
  );
}
