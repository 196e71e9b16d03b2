import { ArrowDown, ChevronDown, ChevronUp, Download } from "lucide-react";
import { Button } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy";
import { download } from "@/components/ui/download";
import { formatPlural } from "@/components/ui/format";
import type { RunEvent } from "@/contract/event";
import type { Run } from "@/contract/run";
import { isTerminal } from "@/contract/words";
import type { RunLogSnapshot } from "./run-log";
import { toNdjson } from "./summary";

type TraceBarProps = {
  run: Run;
  events: readonly RunEvent[];
  snapshot: RunLogSnapshot;
  failureCount: number;
  onEarlier: () => void;
  onFailure: (by: 1 | -1) => void;
  onEnd: () => void;
};

/** How many events are shown, and what can be done with them. */
export function TraceBar({ run, events, snapshot, failureCount, onEarlier, onFailure, onEnd }: TraceBarProps) {
  const all = snapshot.events.length;
  return (
    <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b bg-sunken px-4 py-1 text-xs text-ink-2 lg:px-6">
      <span>
        {events.length === all
          ? formatPlural(all, "event")
          : `${events.length.toLocaleString("en")} of ${formatPlural(all, "event")}`}
      </span>
      {snapshot.earlierCount > 0 && (
        <Button size="sm" look="ghost" onClick={onEarlier}>
          Load earlier ({snapshot.earlierCount.toLocaleString("en")})
        </Button>
      )}
      {failureCount > 0 && (
        <span className="inline-flex items-center">
          {formatPlural(failureCount, "failure")}
          <Button size="icon-sm" look="ghost" aria-label="Previous failure" onClick={() => onFailure(-1)}>
            <ChevronUp aria-hidden className="size-3.5" />
          </Button>
          <Button size="icon-sm" look="ghost" aria-label="Next failure" onClick={() => onFailure(1)}>
            <ChevronDown aria-hidden className="size-3.5" />
          </Button>
        </span>
      )}
      <span className="ml-auto inline-flex items-center gap-1">
        NDJSON <CopyButton text={() => toNdjson(events)} label="Copy the shown events as NDJSON" />
        <Button
          look="ghost"
          size="icon-sm"
          className="size-5"
          aria-label="Download the shown events as NDJSON"
          onClick={() => download(`${run.id}.ndjson`, `${toNdjson(events)}\n`, "application/x-ndjson")}
        >
          <Download aria-hidden className="size-3" />
        </Button>
      </span>
      <Button size="sm" look="ghost" onClick={onEnd}>
        <ArrowDown aria-hidden className="size-3.5" /> {isTerminal(run.status) ? "End" : "Jump to live"}
      </Button>
    </div>
  );
}
