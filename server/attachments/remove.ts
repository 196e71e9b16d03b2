import { and, eq, inArray, type SQL, sql } from "drizzle-orm";
import { endUses, endUsesOfTasks, expireUnused } from "@/db/queries/storage/attachment-uses";
import { attachments } from "@/db/schema";
import { inTx, type ServiceContext } from "@/server/context";
import { UNUSED_HOURS } from "./create";

/** Images removed by one statement: a hundred megabytes, in pages that have to be marked one by one. */
const BATCH_MAX = 20;
/** The maximum for one pass; the next one continues. */
const PASS_MAX = 2_000;

/** For how many days a task that ended without a run keeps its images: it may be retried. */
const ENDED_DAYS = 7;

/**
 * Removes images that no message or task has shown in time. An image that is being named stays. Returns how many were
 * removed.
 */
export async function removeUnnamed(ctx: ServiceContext): Promise<number> {
  await inTx(ctx, async ({ db }) => expireUnused(db, await endUsesOfTasks(db, ENDED_DAYS), UNUSED_HOURS));
  return remove(ctx, sql`${attachments.expiresAt} <= clock_timestamp()`);
}

/**
 * Removes the images of a deleted session; false: there are more. Images for tasks that nothing else uses are removed
 * by the next pass.
 */
export async function removeOfSession(ctx: ServiceContext, sessionId: string): Promise<boolean> {
  await inTx(ctx, async ({ db }) => expireUnused(db, await endUses(db, "session", sessionId), 0));
  return (await remove(ctx, eq(attachments.sessionId, sessionId))) < PASS_MAX;
}

async function remove(ctx: ServiceContext, condition: SQL): Promise<number> {
  for (let count = 0; ; ) {
    const batch = ctx.db
      .select({ id: attachments.id })
      .from(attachments)
      .where(condition)
      .limit(BATCH_MAX)
      .for("update", { skipLocked: true });
    const removed = await ctx.db
      .delete(attachments)
      .where(and(inArray(attachments.id, batch), condition))
      .returning({ id: attachments.id });
    count += removed.length;
    if (removed.length < BATCH_MAX || count >= PASS_MAX) return count;
  }
}
