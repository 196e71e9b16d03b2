"use client";
import { formatDuration, formatPlural } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type Column, Table } from "@/components/ui/list/table";
import { State, type Tone } from "@/components/ui/state";
import { Duration, Time } from "@/components/ui/time/time";
import { LOOPS } from "@/contract/loops";
import type { LoopStatus } from "@/contract/status";

const STATE_STYLES: Record<LoopStatus["state"], { state: string; tone: Tone; word: string }> = {
  good: { state: "ready", tone: "good", word: "on schedule" },
  late: { state: "late", tone: "warn", word: "late" },
  failing: { state: "failed", tone: "bad", word: "failing" },
  away: { state: "lost", tone: "bad", word: "no leader" },
};

/** What goes on by itself: who leads each loop, when it last did its work, and what went wrong. */
export function LoopsTable({ loops }: { loops: readonly LoopStatus[] }) {
  return <Table label="Background jobs" rows={loops} columns={COLUMNS} keyOf={(loop) => loop.name} />;
}

const COLUMNS: Column<LoopStatus>[] = [
  {
    name: "State",
    className: "sm:w-px",
    cell: (loop) => {
      const { state, tone, word } = STATE_STYLES[loop.state];
      return <State state={state} tone={tone} word={word} isIconless />;
    },
  },
  {
    name: "Job",
    isLead: true,
    className: "max-sm:order-first py-1.5",
    cell: (loop) => (
      <span className="flex flex-col">
        <span className="font-medium">{loop.name}</span>
        <span className="text-2xs text-ink-3">{LOOPS[loop.name].does}</span>
        {loop.failures > 0 && (
          <span className="text-xs wrap-anywhere text-bad">
            failed {loop.failures === 1 ? "once" : formatPlural(loop.failures, "time")}
            {loop.failure !== null && `: ${revealHidden(loop.failure)}`}
          </span>
        )}
      </span>
    ),
  },
  {
    name: "Last run",
    className: "whitespace-nowrap text-xs",
    cell: (loop) =>
      loop.beganAt === null ? (
        <Time at={loop.passedAt} />
      ) : (
        <span className="text-busy">
          running for <Duration from={loop.beganAt} to={null} />
        </span>
      ),
  },
  {
    name: "Duration",
    isWideOnly: true,
    className: "whitespace-nowrap text-xs tabular-nums",
    cell: (loop) => (loop.tookMs === null ? "" : formatDuration(loop.tookMs)),
  },
  {
    name: "Interval",
    isWideOnly: true,
    className: "whitespace-nowrap text-xs tabular-nums",
    cell: (loop) => (loop.intervalMs === null ? "" : formatDuration(loop.intervalMs)),
  },
  {
    name: "Leader",
    isWideOnly: true,
    className: "text-xs text-ink-2",
    cell: (loop) => (
      <span className="flex flex-col">
        <span className="wrap-anywhere">{loop.isLed ? revealHidden(loop.holder ?? loop.process) : "None"}</span>
        {loop.ledSince !== null && (
          <span className="text-2xs text-ink-3">
            for <Duration from={loop.ledSince} to={null} />
          </span>
        )}
      </span>
    ),
  },
];
