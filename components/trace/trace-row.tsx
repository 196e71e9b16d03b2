"use client";
import { useQuery } from "@tanstack/react-query";
import { ChevronRight, Link2 } from "lucide-react";
import { memo } from "react";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { CopyButton } from "@/components/ui/copy";
import { formatDuration } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { QueryView } from "@/components/ui/query-view";
import { Time } from "@/components/ui/time/time";
import type { FoundEvent, RunEvent } from "@/contract/event";
import { oneLine, summarize } from "./summary";

const TONE: Record<string, string> = {
  error: "text-bad",
  warning: "text-warn",
  approval_request: "text-warn",
  approval_decision: "text-warn",
  user_message: "text-accent",
  assistant_message: "text-ink",
  terminal_status: "text-ink",
};

/** An event that is loaded, or one that was found and is not. */
export type TraceItem = RunEvent | FoundEvent;

type TraceRowProps = {
  event: TraceItem;
  startMs: number;
  isOpen: boolean;
  onToggle: (seq: number) => void;
  /** Shows the event among those around it; null where they are shown anyway. */
  onAround: ((seq: number) => void) | null;
};

/** One event in a line: its number, when, its type, what it is about; opened, its JSON. */
export const TraceRow = memo(function TraceRow({ event, startMs, isOpen, onToggle, onAround }: TraceRowProps) {
  return (
    <div className="border-b">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={() => onToggle(event.seq)}
        className="flex w-full items-center gap-x-3 gap-y-0.5 px-4 text-left font-mono text-xs hover:bg-hover focus-visible:-outline-offset-2 max-sm:flex-wrap max-sm:py-1.5 sm:h-8 lg:px-6"
      >
        <ChevronRight
          aria-hidden
          className={cn("size-3 shrink-0 text-ink-3 transition-transform", isOpen && "rotate-90")}
        />
        <span className="shrink-0 text-right text-ink-3 tabular-nums sm:w-12">{event.seq}</span>
        <span className="w-20 shrink-0 text-right text-ink-3 tabular-nums max-sm:order-1 max-sm:ml-auto">
          +{formatDuration(Date.parse(event.createdAt) - startMs)}
        </span>
        <span className={cn("w-36 shrink-0 truncate text-ink-2", TONE[event.type])}>{revealHidden(event.type)}</span>
        <span className="min-w-0 flex-1 truncate text-ink-2 max-sm:order-2 max-sm:basis-full max-sm:pl-6">
          {"payload" in event ? summarize(event) : oneLine(event.excerpt)}
        </span>
      </button>
      {isOpen && (
        <div className="border-t bg-code px-4 py-2 lg:px-6">
          {"payload" in event ? (
            <EventBody event={event} onAround={onAround} />
          ) : (
            <FoundBody id={event.id} onAround={onAround} />
          )}
        </div>
      )}
    </div>
  );
});

/** An event that was found by its text is loaded when it is opened. */
function FoundBody({ id, onAround }: { id: string } & Pick<TraceRowProps, "onAround">) {
  const query = useQuery(useTRPC().events.get.queryOptions({ eventId: id }, { staleTime: Number.POSITIVE_INFINITY }));
  return <QueryView query={query}>{(event) => <EventBody event={event} onAround={onAround} />}</QueryView>;
}

function EventBody({ event, onAround }: { event: RunEvent } & Pick<TraceRowProps, "onAround">) {
  return (
    <>
      <p className="mb-1 flex flex-wrap items-center gap-x-3 text-xs text-ink-3">
        <span className="font-mono">{event.id}</span>
        <Time at={event.createdAt} />
        <a href={`#e${event.seq}`} className="inline-flex min-h-6 items-center gap-1 text-accent hover:underline">
          <Link2 aria-hidden className="size-3" /> #e{event.seq}
        </a>
        <CopyButton text={() => JSON.stringify(event, null, 2)} label="Copy JSON" />
        {onAround !== null && (
          <Button variant="ghost" size="sm" onClick={() => onAround(event.seq)}>
            Show surrounding events
          </Button>
        )}
      </p>
      <pre className="scroll-thin max-h-96 overflow-auto text-xs leading-5 wrap-anywhere whitespace-pre-wrap">
        {revealHidden(JSON.stringify(event.payload, null, 2))}
      </pre>
    </>
  );
}
