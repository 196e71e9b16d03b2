import { and, eq } from "drizzle-orm";
import type { z } from "zod";
import type { GetTaskInput, QueueTaskSummary } from "@/contract/queue";
import { queueReadCursors, queueTasks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { ownTask } from "./scope";
import { toTask } from "./task";
import { isUnread } from "./unread";
import { readWaitReasons } from "./wait-reasons";

export async function getTask(ctx: ServiceContext, input: z.infer<typeof GetTaskInput>): Promise<QueueTaskSummary> {
  const [row] = await ctx.db.select().from(queueTasks).where(ownTask(ctx, input.taskId));
  if (!row) throw new NotFoundError("queue task", input.taskId);
  const blocker = (await readWaitReasons(ctx, [row])).get(row.id) ?? null;
  if (input.readerId === undefined) return { ...toTask(row), blocker, unread: isUnread(row.version, null) };
  const [cursor] = await ctx.db
    .select({ readVersion: queueReadCursors.taskVersion })
    .from(queueReadCursors)
    .where(and(eq(queueReadCursors.taskId, row.id), eq(queueReadCursors.readerId, input.readerId)));
  return { ...toTask(row), blocker, unread: isUnread(row.version, cursor ?? { readVersion: null }) };
}
