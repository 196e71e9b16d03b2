import { sql } from "drizzle-orm";
import type { MarkTaskReadInput, TaskReadMark } from "@/contract/queue";
import { queueReadCursors, queueTasks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { ConflictError, NotFoundError } from "@/server/errors";
import { ownTask } from "./scope";

/** Notes how far a reader has read a task. An older mark never replaces a newer one. */
export async function markTaskRead(ctx: ServiceContext, input: MarkTaskReadInput): Promise<TaskReadMark> {
  const [task] = await ctx.db
    .select({ id: queueTasks.id, version: queueTasks.version })
    .from(queueTasks)
    .where(ownTask(ctx, input.taskId));
  if (!task) throw new NotFoundError("queue task", input.taskId);
  const version = input.version ?? task.version;
  if (version > task.version) {
    throw new ConflictError(
      "version-conflict",
      `task ${task.id} is at version ${task.version}: nobody has read ${version}`,
    );
  }
  const [mark] = await ctx.db
    .insert(queueReadCursors)
    .values({ taskId: task.id, readerId: input.readerId, taskVersion: version, readAt: sql`clock_timestamp()` })
    .onConflictDoUpdate({
      target: [queueReadCursors.taskId, queueReadCursors.readerId],
      set: {
        taskVersion: sql`greatest(${queueReadCursors.taskVersion}, excluded.task_version)`,
        readAt: sql`excluded.read_at`,
      },
    })
    .returning();
  if (!mark) throw new NotFoundError("queue task", task.id);
  return {
    taskId: mark.taskId,
    readerId: mark.readerId,
    taskVersion: mark.taskVersion,
    readAt: mark.readAt.toISOString(),
  };
}
