import { formatDuration, formatPlural } from "@/components/ui/format";
import type { Runner } from "@/contract/runner";
import { BEATS_KEPT } from "@/contract/words";

/** A beat as it came: in time, after one that was missed, or after more; `due` has not come yet. */
export const BEAT_KINDS = ["in-time", "late", "gap", "due"] as const;
export type BeatKind = (typeof BEAT_KINDS)[number];

type BeatFacts = Pick<Runner, "beats" | "beatMs" | "heartbeatAt">;

/** How often a runner reports: `5 s`, whole seconds without a fraction. */
export function beatWords(beatMs: number): string {
  return beatMs % 1_000 === 0 && beatMs < 10_000 ? `${beatMs / 1_000} s` : formatDuration(beatMs);
}

/** How many beats should have come between two. */
export function missedIn(gapMs: number, beatMs: number): number {
  return Math.max(0, Math.round(gapMs / beatMs) - 1);
}

/** The strip of a runner's last beats, the oldest first; of one that lives, what is due by now is at its end. */
export function stripOf({ beats, beatMs, heartbeatAt }: BeatFacts, nowMs: number | null): BeatKind[] {
  const came = beats.gapsMs.map((gapMs): BeatKind => {
    const missed = missedIn(gapMs, beatMs);
    return missed === 0 ? "in-time" : missed === 1 ? "late" : "gap";
  });
  // A beat takes its time to the server: one that is due just now is not missed yet.
  const silentMs = nowMs === null ? 0 : nowMs - Date.parse(heartbeatAt);
  const due = Math.max(0, Math.floor(silentMs / beatMs - 0.1));
  return [...came, ...Array.from({ length: Math.min(due, DUE_MAX) }, (): BeatKind => "due")];
}

const DUE_MAX = 8;

/** The strip in words, for whoever does not see it. */
export function describeBeats({ beats, beatMs }: Pick<Runner, "beats" | "beatMs">): string {
  const missed = beats.gapsMs.map((gapMs) => missedIn(gapMs, beatMs));
  if (missed.length === 0) return "No heartbeats yet";
  const disturbed = missed.filter((count) => count > 0).length;
  const lost = missed.reduce((sum, count) => sum + count, 0);
  const last = formatPlural(missed.length, "heartbeat");
  const every = `every ${beatWords(beatMs)}`;
  if (disturbed === 0) return `Last ${last} on time, ${every}`;
  return `${missed.length - disturbed} of the last ${last} on time, ${every}; ${formatPlural(lost, "heartbeat")} missed`;
}

/** How long the last beat that said it took to the server and back. */
export function latencyOf({ tripsMs }: Runner["beats"]): number | null {
  return tripsMs.findLast((trip) => trip !== null) ?? null;
}

export type BeatRow = { atMs: number; gapMs: number; missed: number; tripMs: number | null };

/** Each beat with when it came, the newest first. */
export function beatRows({ beats, beatMs, heartbeatAt }: BeatFacts): BeatRow[] {
  const rows: BeatRow[] = [];
  let atMs = Date.parse(heartbeatAt);
  for (let index = beats.gapsMs.length - 1; index >= 0; index -= 1) {
    const gapMs = beats.gapsMs[index] ?? 0;
    rows.push({ atMs, gapMs, missed: missedIn(gapMs, beatMs), tripMs: beats.tripsMs[index] ?? null });
    atMs -= gapMs;
  }
  return rows;
}

/** The last 60 beats as they stand in the strip, from left to right: when each came, and what is known of it. */
export function beatFigures(runner: BeatFacts, nowMs: number | null, when: (atMs: number) => string): BeatFigures[] {
  const came = beatRows(runner)
    .toReversed()
    .map(({ atMs, gapMs, missed, tripMs }): BeatFigures => {
      const trip = tripMs === null ? "Unknown" : formatDuration(tripMs);
      return [when(atMs), formatDuration(gapMs), String(missed), trip];
    });
  const due = stripOf(runner, nowMs).length - came.length;
  const late = Array.from({ length: due }, (): BeatFigures => ["Due now", "—", "—", "—"]);
  return [...came, ...late].slice(-BEATS_KEPT);
}

export type BeatFigures = [when: string, gap: string, missed: string, trip: string];
export const BEAT_COLUMNS = ["Time", "Interval", "Missed", "Round trip"];
