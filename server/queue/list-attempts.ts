import { and, desc, eq, lt } from "drizzle-orm";
import type { Page } from "@/contract/page";
import type { ListAttemptsInput, TaskAttempt } from "@/contract/queue";
import { type QueueAttemptRow, queueAttempts, queueTasks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { InvalidCursorError, NotFoundError } from "@/server/errors";
import { decodeCursor, encodeCursor, pageFrom } from "@/server/pagination";
import { iso } from "@/server/stored";
import { ownTask } from "./scope";

/** Lists a task's attempts, the newest first. */
export async function listAttempts(ctx: ServiceContext, input: ListAttemptsInput): Promise<Page<TaskAttempt>> {
  const { taskId, cursor, limit } = input;
  const filter = { list: "queue.listAttempts", taskId };
  const [task] = await ctx.db.select({ id: queueTasks.id }).from(queueTasks).where(ownTask(ctx, taskId));
  if (!task) throw new NotFoundError("queue task", taskId);
  const [before = null] = cursor === undefined ? [] : decodeCursor(filter, cursor, 1);
  if (before !== null && typeof before !== "number") throw new InvalidCursorError("the cursor is damaged");
  const rows = await ctx.db
    .select()
    .from(queueAttempts)
    .where(and(eq(queueAttempts.taskId, taskId), before === null ? undefined : lt(queueAttempts.attempt, before)))
    .orderBy(desc(queueAttempts.attempt))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.attempt]));
  return { items: page.rows.map(toAttempt), cursor: page.cursor };
}

function toAttempt(row: QueueAttemptRow): TaskAttempt {
  return {
    taskId: row.taskId,
    attempt: row.attempt,
    runId: row.runId,
    sessionId: row.sessionId,
    state: row.state,
    readyAt: iso(row.readyAt),
    dispatchedAt: iso(row.dispatchedAt),
    startedAt: iso(row.startedAt),
    endedAt: iso(row.endedAt),
    failureKind: row.failureKind,
    failureMessage: row.failureMessage,
  };
}
