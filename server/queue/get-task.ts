import { and, desc, eq } from "drizzle-orm";
import type { z } from "zod";
import type { GetTaskInput, QueueTaskDetail } from "@/contract/queue";
import { readDependencies } from "@/db/queries/queue/dependencies";
import { commands, type QueueTaskRow, queueAttempts, queueReadCursors, queueTasks } from "@/db/schema";
import { readTaskAttachments } from "@/server/attachments";
import type { ServiceContext } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { storedJson } from "@/server/stored";
import { ownTask } from "./scope";
import { toTask } from "./task";
import { isUnread } from "./unread";
import { readWaitReasons } from "./wait-reasons";

export async function getTask(ctx: ServiceContext, input: z.infer<typeof GetTaskInput>): Promise<QueueTaskDetail> {
  const [row] = await ctx.db.select().from(queueTasks).where(ownTask(ctx, input.taskId));
  if (!row) throw new NotFoundError("queue task", input.taskId);
  const blocker = (await readWaitReasons(ctx, [row])).get(row.id) ?? null;
  const dependencyRows = await readDependencies(ctx.db, row.id);
  const detail = {
    output: await readOutput(ctx, row),
    ...toTask(row),
    blocker,
    dependencyCount: dependencyRows.length,
    onDependencyFailed: dependencyRows[0]?.onFailed ?? null,
    dependencyResults: row.dependencyResults ?? "none",
    dependsOn: dependencyRows.map(({ onFailed: _onFailed, ...dependency }) => dependency),
    attachments: await readTaskAttachments(ctx, row),
  };
  if (input.readerId === undefined) return { ...detail, unread: isUnread(row.version, null) };
  const [cursor] = await ctx.db
    .select({ readVersion: queueReadCursors.taskVersion })
    .from(queueReadCursors)
    .where(and(eq(queueReadCursors.taskId, row.id), eq(queueReadCursors.readerId, input.readerId)));
  return { ...detail, unread: isUnread(row.version, cursor ?? { readVersion: null }) };
}

/** Returns what the turn of a completed attempt answered by its schema; null: it had no schema or is not completed. */
async function readOutput(
  ctx: ServiceContext,
  { id, state, payload }: QueueTaskRow,
): Promise<QueueTaskDetail["output"]> {
  if (state !== "completed" || storedJson(payload)?.outputSchema === undefined) return null;
  const [last] = await ctx.db
    .select({ output: commands.output })
    .from(queueAttempts)
    .innerJoin(commands, eq(commands.id, queueAttempts.commandId))
    .where(and(eq(queueAttempts.taskId, id), eq(queueAttempts.state, "completed")))
    .orderBy(desc(queueAttempts.attempt))
    .limit(1);
  return last?.output ?? null;
}
