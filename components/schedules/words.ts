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
  if (isPaused) return { state: "paused", word: "Paused", why: null };
  const isFailing = lastFiring?.outcome === "refused" || lastFiring?.outcome === "missed";
  if (isFailing) return { state: "failed", word: "Failing", why: lastFiring.message };
  if (nextAt === null) return { state: "completed", word: "Ended", why: null };
  return { state: "ready", word: "Active", why: null };
}

/** What is done when its time comes and its task of before has not ended. */
export const OVERLAP_WORDS: Record<ScheduleOverlap, { name: string; hint: string }> = {
  skip: { name: "Skip", hint: "This run adds no task." },
  allow: { name: "Run both", hint: "Adds another task, within the queue's limits." },
  replace: { name: "Replace", hint: "Cancels the earlier task first." },
};

/** The icon of an outcome; its word is the outcome itself. */
export const OUTCOME_STATE: Record<FiringOutcome, string> = {
  created: "completed",
  skipped: "interrupted",
  missed: "late",
  refused: "failed",
};

export const OUTCOME_WORDS: Record<FiringOutcome, string> = {
  ...{ created: "Created", skipped: "Skipped", missed: "Missed", refused: "Rejected" },
};

/** What came of a time: how its task ended, or why there is none. */
export const RESULTS = ["completed", "open", "failed", "cancelled", "gone", "skipped", "missed", "refused"] as const;
export type Result = (typeof RESULTS)[number];
export const RESULT_WORDS: Record<Result, string> = {
  completed: "completed",
  open: "in progress",
  failed: "failed",
  cancelled: "cancelled",
  gone: "task deleted",
  skipped: "skipped",
  missed: "missed",
  refused: "rejected",
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
    const count = results.filter((other) => other === result).length;
    return count === 0 ? [] : [[result, count] as [Result, number]];
  });
}

/** The strip in words, for whoever does not see it. */
export function describeStrip(firings: readonly Pick<ScheduleFiring, "outcome" | "task">[]): string {
  const resultCounts = countResults(firings).map(([result, count]) => `${count} ${RESULT_WORDS[result]}`);
  return firings.length === 0
    ? "Hasn't run yet"
    : `Last ${formatPlural(firings.length, "run")}: ${resultCounts.join(", ")}`;
}

const LATE_MS = 60_000;

/** What there is to say of when it came: that somebody asked for it, how late it was, and what it stands for. */
export function notesOf({ isManual, missed, dueAt, firedAt }: ScheduleFiring): string[] {
  const lateMs = Date.parse(firedAt) - Date.parse(dueAt);
  return [
    ...(isManual ? ["run manually"] : []),
    ...(lateMs > LATE_MS ? [`${formatDuration(lateMs)} late`] : []),
    ...(missed > 0 ? [`covers ${missed} missed`] : []),
  ];
}
