import { sentence } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Blocker, QueueTask } from "@/contract/queue";
import { rateWords } from "@/contract/rate";

type ExplainedBlocker = Pick<Blocker, "kind" | "message" | "limit" | "rate" | "dependencies">;
type ExplainedTask = Pick<QueueTask, "state" | "cancelRequestedAt" | "parkedAt" | "nextAttemptAt" | "attemptCount">;
export type TaskWords = { state: string; word: string };

/** A task's state in the words of people: what waits is not merely pending, and what is being cancelled still runs. */
export function wordsOf(task: ExplainedTask): TaskWords {
  if (task.state === "pending") {
    if (task.parkedAt !== null) return { state: "parked", word: "Parked" };
    return { state: "pending", word: task.attemptCount > 0 && task.nextAttemptAt !== null ? "Retrying" : "Waiting" };
  }
  const isActive = task.state === "dispatched" || task.state === "running";
  if (isActive && task.cancelRequestedAt !== null) return { state: "cancelling", word: "Cancelling" };
  return stateWords(task.state);
}

const STATE_WORDS: Record<QueueTask["state"], string> = {
  pending: "Waiting",
  dispatched: "Starting",
  running: "Running",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};

/** The same where nothing but its state is known. */
export function stateWords(state: QueueTask["state"]): TaskWords {
  return { state, word: STATE_WORDS[state] };
}

/** What a wait is told by. */
export type TaskLocation = Pick<QueueTask, "queue" | "lane" | "concurrencyKey" | "sessionId" | "backendProfile">;

/** Why a task waits, in a few words for a row; who holds what it waits for is told beside them. */
export function blockerWords(blocker: ExplainedBlocker, task: TaskLocation): string {
  return revealHidden(wordsOfBlocker(blocker, task));
}

function wordsOfBlocker(blocker: ExplainedBlocker, task: TaskLocation): string {
  const { rate } = blocker;
  if (rate !== undefined)
    return `${rate.of === "lane" ? `Lane ${task.lane}` : `Queue ${task.queue}`} allows ${rateWords(rate)}`;
  const atOnce = blocker.limit === null ? "is at its limit" : `is at its limit (${blocker.limit})`;
  switch (blocker.kind) {
    case "lane-limit":
      return `Lane ${task.lane} ${atOnce}`;
    case "queue-limit":
      return `Queue ${task.queue} ${atOnce}`;
    case "key-limit":
      return `Key ${task.concurrencyKey ?? ""} ${atOnce}`;
    case "backend-limit":
      return `Backend ${task.backendProfile} ${atOnce}`;
    case "session-busy":
      return "Session has a turn in progress";
    case "session-evicted":
      return "Session is evicted";
    case "dependency":
      return `Waiting for ${namesOf(blocker)}`;
    case "dependency-failed":
      return `Dependency ${failedDependencyWords(blocker)}`;
    case "capacity":
      return "All runners are busy";
    case "next":
      return "Starts next";
    default:
      return sentence(blocker.message);
  }
}

function namesOf({ dependencies }: ExplainedBlocker): string {
  const count = dependencies?.count ?? 1;
  return count === 1 ? "a task" : `${count} tasks`;
}

function failedDependencyWords({ dependencies }: ExplainedBlocker): string {
  const failedDependencies = (dependencies?.tasks ?? []).filter(
    ({ state }) => state === "failed" || state === "cancelled",
  );
  return failedDependencies.length > 0 && failedDependencies.every(({ state }) => state === "cancelled")
    ? "was cancelled"
    : "failed";
}

/** Whether only a person ends this wait. */
export function needsPerson({ kind, until }: Pick<Blocker, "kind" | "until">): boolean {
  if (kind === "session-evicted" || kind === "paused" || kind === "dependency-failed") return true;
  // A session's own budget ends with the session alone.
  return (kind === "parked" || kind === "budget-reached") && !until;
}

const DEAD_LETTER_WORDS: Record<string, string> = {
  "attempts-exhausted": "All attempts failed.",
  "not-retryable": "This kind of failure isn't retried automatically.",
  expired: "The task expired before it started.",
  refused: "The task couldn't be started.",
  "dependency-failed": "A dependency failed or was cancelled.",
};

export function deadLetterWords(deadLetter: string): string {
  return DEAD_LETTER_WORDS[deadLetter] ?? deadLetter;
}

/** `1st`, `2nd`, `113th`. */
export function ordinal(position: number): string {
  const isTeen = position % 100 >= 11 && position % 100 <= 13;
  const ending = isTeen ? "th" : (["th", "st", "nd", "rd"][position % 10] ?? "th");
  return `${position.toLocaleString("en")}${ending}`;
}
