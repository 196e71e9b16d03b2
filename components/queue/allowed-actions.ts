import type { QueueTask } from "@/contract/queue";
import { isActiveTask, isTerminal } from "@/contract/words";

/** What an action may be done to; the server says the same. */
export const canCancel = ({ state, cancelRequestedAt }: Pick<QueueTask, "state" | "cancelRequestedAt">): boolean =>
  state === "pending" || (isActiveTask(state) && cancelRequestedAt === null);
export const canRetry = (task: Pick<QueueTask, "state" | "nextAttemptAt" | "parkedAt">): boolean =>
  isTerminal(task.state) || (task.state === "pending" && (task.nextAttemptAt !== null || task.parkedAt !== null));
export const canMove = ({ state }: Pick<QueueTask, "state">): boolean => state === "pending";
export const canPrioritise = ({ state }: Pick<QueueTask, "state">): boolean => !isTerminal(state);
