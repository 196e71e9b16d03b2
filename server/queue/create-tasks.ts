import { randomUUID } from "node:crypto";
import type { CreateTasksInput, CreateTasksResult } from "@/contract/queue";
import type { ServiceContext } from "@/server/context";
import { errorBody, toAgentRunError } from "@/server/errors";
import { prepareTask, type TaskRequest } from "./add-tasks";
import { commitTasks } from "./commit-tasks";

/**
 * Adds many tasks in one transaction, each with its own result: a refused task does not affect the others. One audit
 * row for each tenant names the added tasks.
 */
export async function createTasks(ctx: ServiceContext, input: CreateTasksInput): Promise<CreateTasksResult> {
  const prepared: (TaskRequest | { error: unknown })[] = [];
  const batch = randomUUID();
  for (const task of input.tasks)
    prepared.push(await prepareTask(ctx, task, batch).catch((error: unknown) => ({ error })));
  const outcomes = await commitTasks(
    ctx,
    prepared.filter((request): request is TaskRequest => "row" in request),
  );
  return {
    items: prepared.map((request) => {
      const outcome = "error" in request ? request : outcomes.shift();
      if (outcome && "task" in outcome) return outcome;
      return { error: errorBodyOf(ctx, outcome?.error) };
    }),
  };
}

/** The cause of an unexpected error is not shown to callers, only logged. */
function errorBodyOf(ctx: ServiceContext, error: unknown) {
  const fault = toAgentRunError(error);
  if (fault.reason === "unexpected") ctx.log.error({ err: error }, "could not add the task");
  return errorBody(fault, ctx.requestId);
}
