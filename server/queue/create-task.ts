import type { CreateTaskInput, QueueTask } from "@/contract/queue";
import { isTxContext, type ServiceContext } from "@/server/context";
import { prepareTask, type TaskOutcome } from "./add-tasks";
import { commitTasks } from "./commit-tasks";

/**
 * Adds a task; the same key with the same content answers the task that is there, in whatever state it is now. Tasks of
 * several callers are committed together.
 */
export async function createTask(ctx: ServiceContext, input: CreateTaskInput): Promise<QueueTask> {
  if (!isTxContext(ctx)) return ctx.addTask(ctx, input);
  const [outcome] = await commitTasks(ctx, [await prepareTask(ctx, input)]);
  return taskOf(outcome);
}

/** The task of an outcome; throws what refused it. */
export function taskOf(outcome: TaskOutcome | undefined): QueueTask {
  if (!outcome) throw new Error("a task was not judged");
  if ("error" in outcome) throw outcome.error;
  return outcome.task;
}
