import { randomUUID } from "node:crypto";
import type { CreateTasksInput, CreateTasksResult } from "@/contract/queue";
import type { ServiceContext } from "@/server/context";
import { errorBody, toAgentRunError } from "@/server/errors";
import { prepareTask, type TaskAsk } from "./add-tasks";
import { commitTasks } from "./commit-tasks";

/**
 * Adds many tasks in one transaction. Each has its own result: one that is refused leaves the others as they are. What
 * is added is told of by one row of audit for each tenant.
 */
export async function createTasks(ctx: ServiceContext, input: CreateTasksInput): Promise<CreateTasksResult> {
  const prepared: (TaskAsk | { error: unknown })[] = [];
  const batch = randomUUID();
  for (const task of input.tasks)
    prepared.push(await prepareTask(ctx, task, batch).catch((error: unknown) => ({ error })));
  const outcomes = await commitTasks(
    ctx,
    prepared.filter((ask): ask is TaskAsk => "row" in ask),
  );
  return {
    items: prepared.map((ask) => {
      const outcome = "error" in ask ? ask : outcomes.shift();
      if (outcome && "task" in outcome) return outcome;
      return { error: errorBodyOf(ctx, outcome?.error) };
    }),
  };
}

/** What is not said to callers is said in the log. */
function errorBodyOf(ctx: ServiceContext, error: unknown) {
  const told = toAgentRunError(error);
  if (told.reason === "unexpected") ctx.log.error({ err: error }, "a task could not be added");
  return errorBody(told, ctx.requestId);
}
