import { formatDuration, formatPlural } from "@/components/ui/format";
import type { Runner } from "@/contract/runner";
import { BEATS_KEPT } from "@/contract/words";

/** A beat as it came: in time, after one that was missed, or after more; `due` has not come yet. */
export const HEARTBEAT_KINDS = ["in-time", "late", "gap", "due"] as const;
export type HeartbeatKind = (typeof HEARTBEAT_KINDS)[number];

type HeartbeatFacts = Pick<Runner, "beats" | "beatMs" | "heartbeatAt">;

/** How often a runner reports: `5 s`, whole seconds without a fraction. */
export function heartbeatIntervalWords(beatMs: number): string {
  return beatMs % 1_000 === 0 && beatMs < 10_000 ? `${beatMs / 1_000} s` : formatDuration(beatMs);
}

/** How many beats should have come between two. */
export function missedHeartbeats(gapMs: number, beatMs: number): number {
  return Math.max(0, Math.round(gapMs / beatMs) - 1);
}

/** The strip of a runner's last beats, the oldest first; of one that lives, what is due by now is at its end. */
export function heartbeatKinds({ beats, beatMs, heartbeatAt }: HeartbeatFacts, nowMs: number | null): HeartbeatKind[] {
  const received = beats.gapsMs.map((gapMs): HeartbeatKind => {
    const missed = missedHeartbeats(gapMs, beatMs);
    return missed === 0 ? "in-time" : missed === 1 ? "late" : "gap";
  });
  // A beat takes its time to the server: one that is due just now is not missed yet.
  const silentMs = nowMs === null ? 0 : nowMs - Date.parse(heartbeatAt);
  const due = Math.max(0, Math.floor(silentMs / beatMs - 0.1));
  return [...received, ...Array.from({ length: Math.min(due, DUE_MAX) }, (): HeartbeatKind => "due")];
}

const DUE_MAX = 8;

/** The strip in words, for whoever does not see it. */
export function describeHeartbeats({ beats, beatMs }: Pick<Runner, "beats" | "beatMs">): string {
  const missed = beats.gapsMs.map((gapMs) => missedHeartbeats(gapMs, beatMs));
  if (missed.length === 0) return "No heartbeats yet";
  const disturbed = missed.filter((count) => count > 0).length;
  const missedCount = missed.reduce((sum, count) => sum + count, 0);
  const last = formatPlural(missed.length, "heartbeat");
  const every = `every ${heartbeatIntervalWords(beatMs)}`;
  if (disturbed === 0) return `Last ${last} on time, ${every}`;
  return `${missed.length - disturbed} of the last ${last} on time, ${every}; ${formatPlural(missedCount, "heartbeat")} missed`;
}

/** How long the last beat that said it took to the server and back. */
export function latencyOf({ tripsMs }: Runner["beats"]): number | null {
  return tripsMs.findLast((trip) => trip !== null) ?? null;
}

export type HeartbeatRow = { atMs: number; gapMs: number; missed: number; tripMs: number | null };

/** Each beat with when it came, the newest first. */
export function heartbeatRows({ beats, beatMs, heartbeatAt }: HeartbeatFacts): HeartbeatRow[] {
  const rows: HeartbeatRow[] = [];
  let atMs = Date.parse(heartbeatAt);
  for (let index = beats.gapsMs.length - 1; index >= 0; index -= 1) {
    const gapMs = beats.gapsMs[index] ?? 0;
    rows.push({ atMs, gapMs, missed: missedHeartbeats(gapMs, beatMs), tripMs: beats.tripsMs[index] ?? null });
    atMs -= gapMs;
  }
  return rows;
}

/** The last 60 beats as they stand in the strip, from left to right: when each came, and what is known of it. */
export function heartbeatFigures(
  runner: HeartbeatFacts,
  nowMs: number | null,
  when: (atMs: number) => string,
): HeartbeatFigures[] {
  const received = heartbeatRows(runner)
    .toReversed()
    .map(({ atMs, gapMs, missed, tripMs }): HeartbeatFigures => {
      const trip = tripMs === null ? "Unknown" : formatDuration(tripMs);
      return [when(atMs), formatDuration(gapMs), String(missed), trip];
    });
  const due = heartbeatKinds(runner, nowMs).length - received.length;
  const late = Array.from({ length: due }, (): HeartbeatFigures => ["Due now", "—", "—", "—"]);
  return [...received, ...late].slice(-BEATS_KEPT);
}

export type HeartbeatFigures = [when: string, gap: string, missed: string, trip: string];
export const HEARTBEAT_COLUMNS = ["Time", "Interval", "Missed", "Round trip"];
