import { formatDuration, formatPlural } from "@/components/ui/format";
import type { Schedule, ScheduleFiring } from "@/contract/schedule";
import type { FiringOutcome, ScheduleOverlap } from "@/contract/words";

/** How a schedule is shown to stand: its icon's state, the word beside it, and why. */
export type Condition = { state: string; word: string; why: string | null };

/** A schedule fails where its last time brought no task and no task of before was the reason. */
export function conditionOf({
  isPaused,
  nextAt,
  lastFiring,
}: Pick<Schedule, "isPaused" | "nextAt" | "lastFiring">): Condition {
  if (isPaused) return { state: "paused", word: "paused", why: null };
  const isFailing = lastFiring?.outcome === "refused" || lastFiring?.outcome === "missed";
  if (isFailing) return { state: "failed", word: "failing", why: lastFiring.message };
  if (nextAt === null) return { state: "completed", word: "ended", why: null };
  return { state: "ready", word: "active", why: null };
}

/** What is done when its time comes and its task of before has not ended. */
export const OVERLAP_WORDS: Record<ScheduleOverlap, { name: string; hint: string }> = {
  skip: { name: "Leave it out", hint: "This time brings no task; the next one may." },
  allow: { name: "Add it beside", hint: "Both go on; limits of the queue hold for them." },
  replace: { name: "Replace the earlier one", hint: "What has not ended is cancelled first." },
};

/** The icon of an outcome; its word is the outcome itself. */
export const OUTCOME_STATE: Record<FiringOutcome, string> = {
  created: "completed",
  skipped: "interrupted",
  missed: "late",
  refused: "failed",
};

/** What came of a time: how its task ended, or why there is none. */
export const RESULTS = ["completed", "open", "failed", "cancelled", "gone", "skipped", "missed", "refused"] as const;
export type Result = (typeof RESULTS)[number];
export const RESULT_WORDS: Record<Result, string> = {
  completed: "completed",
  open: "not ended yet",
  failed: "failed",
  cancelled: "cancelled",
  gone: "deleted since",
  skipped: "skipped",
  missed: "missed",
  refused: "refused",
};

export function resultOf({ outcome, task }: Pick<ScheduleFiring, "outcome" | "task">): Result {
  if (outcome !== "created") return outcome;
  if (task === null) return "gone";
  if (task.state === "completed" || task.state === "failed" || task.state === "cancelled") return task.state;
  return "open";
}

/** How many times came to each result, in the order in which they are told. */
export function countResults(firings: readonly Pick<ScheduleFiring, "outcome" | "task">[]): [Result, number][] {
  const results = firings.map(resultOf);
  return RESULTS.flatMap((result) => {
    const count = results.filter((known) => known === result).length;
    return count === 0 ? [] : [[result, count] as [Result, number]];
  });
}

/** The strip in words, for whoever does not see it. */
export function describeStrip(firings: readonly Pick<ScheduleFiring, "outcome" | "task">[]): string {
  const counted = countResults(firings).map(([result, count]) => `${count} ${RESULT_WORDS[result]}`);
  return firings.length === 0
    ? "No time has come yet"
    : `The last ${formatPlural(firings.length, "time")}: ${counted.join(", ")}`;
}

const LATE_MS = 60_000;

/** What there is to say of when it came: that somebody asked for it, how late it was, and what it stands for. */
export function notesOf({ isManual, missed, dueAt, firedAt }: ScheduleFiring): string[] {
  const lateMs = Date.parse(firedAt) - Date.parse(dueAt);
  return [
    ...(isManual ? ["by hand"] : []),
    ...(lateMs > LATE_MS ? [`${formatDuration(lateMs)} late`] : []),
    ...(missed > 0 ? [`stands for ${missed} earlier`] : []),
  ];
}
