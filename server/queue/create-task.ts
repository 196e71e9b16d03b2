import type { CreateTaskInput, QueueTask } from "@/contract/queue";
import { isTxContext, type ServiceContext } from "@/server/context";
import { prepareTask, type TaskOutcome } from "./add-tasks";
import { commitTasks } from "./commit-tasks";

/**
 * Adds a task. The same key with the same content returns the existing task, whatever its state. Tasks of several
 * callers are committed together.
 */
export async function createTask(ctx: ServiceContext, input: CreateTaskInput): Promise<QueueTask> {
  if (!isTxContext(ctx)) return ctx.addTask(ctx, input);
  const [outcome] = await commitTasks(ctx, [await prepareTask(ctx, input)]);
  return taskOf(outcome);
}

/** Returns the task of an outcome; throws the error that refused it. */
export function taskOf(outcome: TaskOutcome | undefined): QueueTask {
  if (!outcome) throw new Error("a task was not judged");
  if ("error" in outcome) throw outcome.error;
  return outcome.task;
}
