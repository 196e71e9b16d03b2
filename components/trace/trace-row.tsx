"use client";
import { ChevronRight, Link2 } from "lucide-react";
import { memo } from "react";
import { cn } from "@/components/ui/class-names";
import { CopyButton } from "@/components/ui/copy";
import { formatDuration } from "@/components/ui/format";
import { Time } from "@/components/ui/time";
import type { RunEvent } from "@/contract/event";
import { summarize } from "./summary";

const TONE: Record<string, string> = {
  error: "text-bad",
  warning: "text-warn",
  approval_request: "text-warn",
  approval_decision: "text-warn",
  user_message: "text-accent",
  assistant_message: "text-ink",
  terminal_status: "text-ink",
};

type TraceRowProps = { event: RunEvent; startMs: number; isOpen: boolean; onToggle: () => void };

/** One event in a line: its number, when, its type, what it is about; opened, its JSON. */
export const TraceRow = memo(function TraceRow({ event, startMs, isOpen, onToggle }: TraceRowProps) {
  return (
    <div className="border-b">
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={onToggle}
        className="flex h-8 w-full items-center gap-3 px-4 text-left font-mono text-xs hover:bg-hover focus-visible:-outline-offset-2 lg:px-6"
      >
        <ChevronRight
          aria-hidden
          className={cn("size-3 shrink-0 text-ink-3 transition-transform", isOpen && "rotate-90")}
        />
        <span className="w-10 shrink-0 text-right text-ink-3 tabular-nums">{event.seq}</span>
        <span className="hidden w-20 shrink-0 text-right text-ink-3 tabular-nums sm:block">
          +{formatDuration(Date.parse(event.createdAt) - startMs)}
        </span>
        <span className={cn("w-36 shrink-0 truncate text-ink-2 max-sm:w-28", TONE[event.type])}>{event.type}</span>
        <span className="min-w-0 flex-1 truncate text-ink-2">{summarize(event)}</span>
      </button>
      {isOpen && (
        <div className="border-t bg-code px-4 py-2 lg:px-6">
          <p className="mb-1 flex flex-wrap items-center gap-x-3 text-xs text-ink-3">
            <span className="font-mono">{event.id}</span>
            <Time at={event.createdAt} />
            <a href={`#e${event.seq}`} className="inline-flex items-center gap-1 text-accent hover:underline">
              <Link2 aria-hidden className="size-3" /> #e{event.seq}
            </a>
            <CopyButton text={() => JSON.stringify(event, null, 2)} label="Copy JSON" />
          </p>
          <pre className="scroll-thin max-h-96 overflow-auto text-xs leading-5 wrap-anywhere whitespace-pre-wrap">
            {JSON.stringify(event.payload, null, 2)}
          </pre>
        </div>
      )}
    </div>
  );
});
