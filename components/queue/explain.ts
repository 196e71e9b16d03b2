import { sentence } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import type { Blocker, QueueTask } from "@/contract/queue";
import { rateWords } from "@/contract/rate";

type Said = Pick<Blocker, "kind" | "message" | "limit" | "rate" | "dependencies">;
type Told = Pick<QueueTask, "state" | "cancelRequestedAt" | "parkedAt" | "nextAttemptAt" | "attemptCount">;
export type TaskWords = { state: string; word: string };

/** A task's state in the words of people: what waits is not merely pending, and what is being cancelled still runs. */
export function wordsOf(task: Told): TaskWords {
  if (task.state === "pending") {
    if (task.parkedAt !== null) return { state: "parked", word: "parked" };
    return { state: "pending", word: task.attemptCount > 0 && task.nextAttemptAt !== null ? "retrying" : "waiting" };
  }
  const isActive = task.state === "dispatched" || task.state === "running";
  if (isActive && task.cancelRequestedAt !== null) return { state: "cancelling", word: "cancelling" };
  return stateWords(task.state);
}

/** The same where nothing but its state is known. */
export function stateWords(state: QueueTask["state"]): TaskWords {
  if (state === "pending") return { state, word: "waiting" };
  return { state, word: state === "dispatched" ? "starting" : state };
}

/** What a wait is told by. */
export type Placed = Pick<QueueTask, "queue" | "lane" | "concurrencyKey" | "sessionId" | "backendProfile">;

/** Why a task waits, in a few words for a row; who holds what it waits for is told beside them. */
export function blockerWords(blocker: Said, task: Placed): string {
  return showTricks(wordsOfBlocker(blocker, task));
}

function wordsOfBlocker(blocker: Said, task: Placed): string {
  const { rate } = blocker;
  if (rate !== undefined)
    return `${rate.of === "lane" ? `Lane ${task.lane}` : `Queue ${task.queue}`} allows ${rateWords(rate)}`;
  const atOnce = blocker.limit === null ? "is full" : `runs ${blocker.limit} at once`;
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
      return "Its session has a turn under way";
    case "session-evicted":
      return "Its session is evicted: restore it";
    case "dependency":
      return `Waits for ${namesOf(blocker)}`;
    case "dependency-failed":
      return `What it comes after ${lostWords(blocker)}`;
    case "capacity":
      return "Every runner is busy";
    case "next":
      return "Nothing holds it up: it goes next";
    default:
      return sentence(blocker.message);
  }
}

function namesOf({ dependencies }: Said): string {
  const count = dependencies?.count ?? 1;
  return count === 1 ? "a task" : `${count} tasks`;
}

function lostWords({ dependencies }: Said): string {
  const lost = (dependencies?.tasks ?? []).filter(({ state }) => state === "failed" || state === "cancelled");
  return lost.length > 0 && lost.every(({ state }) => state === "cancelled") ? "was cancelled" : "failed";
}

/** Whether only a person ends this wait. */
export function needsPerson({ kind, until }: Pick<Blocker, "kind" | "until">): boolean {
  if (kind === "session-evicted" || kind === "paused" || kind === "dependency-failed") return true;
  // A session's own budget ends with the session alone.
  return (kind === "parked" || kind === "budget-reached") && !until;
}

const DEAD_LETTER_WORDS: Record<string, string> = {
  "attempts-exhausted": "Every attempt that its policy allows has failed.",
  "not-retryable": "Its policy does not retry this kind of failure.",
  expired: "It waited until its expiry, and was never started.",
  refused: "It could not be started as it is.",
  "dependency-failed": "A task that it comes after failed or was cancelled.",
};

export function deadLetterWords(deadLetter: string): string {
  return DEAD_LETTER_WORDS[deadLetter] ?? deadLetter;
}

/** `1st`, `2nd`, `113th`. */
export function ordinal(place: number): string {
  const isTeen = place % 100 >= 11 && place % 100 <= 13;
  const ending = isTeen ? "th" : (["th", "st", "nd", "rd"][place % 10] ?? "th");
  return `${place.toLocaleString("en")}${ending}`;
}
