import type { TimelineSpan } from "@/contract/timeline";
import { TIMELINE_CAUSES, TIMELINE_SILENCE_MS, type TimelineCause, type TimelineLane } from "@/contract/words";
import type { TimelineSnapshot } from "./run-timeline";

export type Lane = "runs" | "time" | TimelineLane;
export const LANES: readonly { key: Lane; name: string }[] = [
  { key: "runs", name: "Runs" },
  { key: "time", name: "Time spent" },
  { key: "attempts", name: "Attempts" },
  { key: "turns", name: "Turns" },
  { key: "tools", name: "Tool calls" },
  { key: "approvals", name: "Approvals" },
  { key: "archive", name: "Archive" },
];

/** Something that took time, as it is drawn and listed. */
export type Bar = {
  key: string;
  runId: string;
  lane: Lane;
  kind: TimelineSpan["kind"] | TimelineCause | "run";
  label: string;
  state: string;
  startMs: number;
  endMs: number;
  isOpen: boolean;
  seq: number | null;
  count: number;
};

export type BarRun = { id: string; name: string; status: string };

export const CAUSE_NAMES: Record<TimelineCause, string> = {
  runner: "Waiting for a runner",
  start: "Starting agent",
  work: "Working",
  person: "Waiting for approval",
  silence: "No events",
  idle: "Idle",
};

const KIND_NAMES: Record<TimelineSpan["kind"], string> = {
  ...{ launch: "Launch", attempt: "Attempt", turn: "Turn", command: "Command", tool: "Tool", files: "File change" },
  ...{ approval: "Approval", archive: "Archive", many: "Steps" },
};

/** What a bar is, in words. */
export function nameBar(bar: Bar): string {
  if (bar.kind === "many") return `${bar.count.toLocaleString("en")} ${PLURALS[bar.lane] ?? "steps"}`;
  if (bar.lane === "time") return CAUSE_NAMES[bar.kind as TimelineCause];
  if (bar.lane === "runs" || bar.lane === "attempts" || bar.lane === "turns" || bar.lane === "archive")
    return bar.label;
  const kind = KIND_NAMES[bar.kind as TimelineSpan["kind"]];
  return bar.label === "" ? kind : `${kind}: ${bar.label}`;
}

/** The same for where there is little room, in a row that says what kind it is. */
export function nameInRow(bar: Bar): string {
  return bar.label === "" ? nameBar(bar) : bar.label;
}

const PLURALS: Partial<Record<Lane, string>> = { tools: "tools", turns: "turns", approvals: "approvals" };

/** A run's timeline as bars; what is under way lasts until now. */
export function barsOf(timeline: TimelineSnapshot, run: BarRun, nowMs: number): Bar[] {
  const { startMs, runId } = timeline;
  if (startMs === null) return [];
  const untilMs = Math.max(timeline.endMs ?? nowMs, timeline.readMs, startMs);
  const fullBar: Bar = {
    ...{ key: `${runId}/run`, runId, lane: "runs", kind: "run", label: run.name, state: run.status, startMs },
    ...{ endMs: untilMs, isOpen: timeline.endMs === null, seq: null, count: 1 },
  };
  const spans = timeline.spans.map(
    (span): Bar => ({
      ...{ key: `${runId}/${span.key}`, runId, lane: span.lane, kind: span.kind, label: span.label },
      ...{ state: span.state, startMs: Date.parse(span.startedAt), seq: span.startSeq ?? span.endSeq },
      ...{ endMs: span.endedAt === null ? untilMs : Date.parse(span.endedAt), isOpen: span.endedAt === null },
      count: span.count,
    }),
  );
  return [fullBar, ...timeBars(timeline, untilMs), ...spans];
}

/** The stretches, with the one under way cut where the silence began that nothing has ended yet. */
function timeBars(timeline: TimelineSnapshot, untilMs: number): Bar[] {
  const hasTool = timeline.spans.some((span) => span.lane === "tools" && span.endedAt === null);
  return timeline.stretches.flatMap((stretch): Bar[] => {
    const isOpen = stretch.endedAt === null;
    const startMs = Date.parse(stretch.startedAt);
    const endMs = isOpen ? untilMs : Date.parse(stretch.endedAt ?? "");
    const bar = (cause: TimelineCause, fromMs: number, toMs: number): Bar => ({
      ...{ key: `${timeline.runId}/time:${fromMs}`, runId: timeline.runId, lane: "time", kind: cause, label: "" },
      ...{ state: cause, startMs: fromMs, endMs: toMs, isOpen, seq: stretch.startSeq || null, count: stretch.count },
    });
    const quietMs = Math.max(startMs, timeline.readMs);
    if (isOpen && stretch.cause === "work" && !hasTool && untilMs - quietMs >= TIMELINE_SILENCE_MS)
      return [bar("work", startMs, quietMs), bar("silence", quietMs, untilMs)].filter(isLong);
    return [bar(stretch.cause, startMs, endMs)].filter(isLong);
  });
}

function isLong(bar: Bar): boolean {
  return bar.endMs > bar.startMs;
}

/** How long bars of time went by with what, within a view, the longest first. */
export function sumCauses(bars: readonly Bar[], view: View): { cause: TimelineCause; ms: number }[] {
  const totals = new Map<TimelineCause, number>();
  for (const bar of bars) {
    if (bar.lane !== "time") continue;
    const ms = Math.min(bar.endMs, view.toMs) - Math.max(bar.startMs, view.fromMs);
    if (ms > 0) totals.set(bar.kind as TimelineCause, (totals.get(bar.kind as TimelineCause) ?? 0) + ms);
  }
  return TIMELINE_CAUSES.flatMap((cause) => {
    const ms = totals.get(cause) ?? 0;
    return ms > 0 ? [{ cause, ms }] : [];
  }).toSorted((a, b) => b.ms - a.ms);
}

export type View = { fromMs: number; toMs: number };
