import { failureWords } from "@/contract/failure-words";
import type { QueueTask, TaskAttempt } from "@/contract/queue";
import { deadLetterWords } from "./explain";

/** A moment of a task's life: what happened, and to which attempt. */
export type LifecycleEvent = {
  key: string;
  at: string;
  state: string;
  text: string;
  runId: string | null;
  isAhead: boolean;
};

/** All that is known of a task's life, in the order that it happened, and after that what is to come. */
export function lifecycleOf(task: QueueTask, attempts: readonly TaskAttempt[]): LifecycleEvent[] {
  const moments: LifecycleEvent[] = [];
  const note = (at: string | null, state: string, text: string, more: Partial<LifecycleEvent> = {}) => {
    if (at !== null)
      moments.push({ key: `${state}:${at}:${moments.length}`, at, state, text, runId: null, isAhead: false, ...more });
  };
  note(task.createdAt, "pending", `Added to ${task.queue} / ${task.lane} with priority ${task.priority}`);
  for (const attempt of [...attempts].sort((a, b) => a.attempt - b.attempt)) {
    const { runId } = attempt;
    note(attempt.dispatchedAt, "dispatched", `Attempt ${attempt.attempt} started`, { runId });
    note(attempt.startedAt, "running", `Attempt ${attempt.attempt} claimed by a runner`, { runId });
    const kind = attempt.failureKind === null ? null : failureWords(attempt.failureKind);
    const failure = [kind, attempt.failureMessage].filter((part) => part !== null).join(": ");
    const end = attempt.state === "failed" && failure !== "" ? `failed: ${failure}` : attempt.state;
    note(attempt.endedAt, attempt.state, `Attempt ${attempt.attempt} ${end}`, { runId });
  }
  note(task.cancelRequestedAt, "cancelling", "Cancellation requested");
  note(task.cancelledAt, "cancelled", task.cancelReason === null ? "Cancelled" : `Cancelled: ${task.cancelReason}`);
  note(task.parkedAt, "parked", "Parked: the provider's usage limit is reached");
  if (task.deadLetter !== null) note(task.updatedAt, "failed", deadLetterWords(task.deadLetter));
  moments.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  if (task.state !== "pending") return moments;
  const ahead = { isAhead: true };
  note(task.nextAttemptAt, "pending", task.attemptCount > 0 ? "Next attempt" : "Due", ahead);
  note(task.expiresAt, "expired", "Expires if still waiting", ahead);
  return moments;
}
