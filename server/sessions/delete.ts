import { and, eq, sql } from "drizzle-orm";
import type { SessionSummary } from "@/contract/session";
import { lockSession } from "@/db/queries/lock";
import { lockTasksOfSession } from "@/db/queries/lock-tasks-of-session";
import { runs, sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { ConflictError, NotFoundError } from "@/server/errors";
import { cancelNow } from "@/server/runs";
import { toSummary } from "./session";

/**
 * Deletes a session with everything that it owns. It is gone from every list at once; its volume, archive, runs and
 * events follow in bounded batches. Throws while one of its runs is claimed; waiting runs are cancelled. `reason` is
 * for the audit.
 */
export async function deleteSession(ctx: ServiceContext, input: DeleteInput): Promise<SessionSummary> {
  const deleted = await deleteIfPresent(ctx, input);
  if (deleted === null) throw new NotFoundError("session", input.sessionId);
  return deleted;
}

type DeleteInput = { sessionId: string; reason?: string };

/** Does the same, and returns null where there is no such session, or no longer. */
export function deleteIfPresent(ctx: ServiceContext, input: DeleteInput): Promise<SessionSummary | null> {
  return inTx(ctx, async (ctx) => {
    await lockTasksOfSession(ctx.db, input.sessionId, tenantOf(ctx));
    const session = await lockSession(ctx.db, input.sessionId, tenantOf(ctx));
    if (session === null) return null;
    const open = await openRuns(ctx, session.sessionId);
    const live = open.find((run) => run.status === "claimed");
    if (live) {
      throw new ConflictError(
        "run-live",
        `run ${live.id} of session ${session.sessionId} is live: cancel it and wait for its end`,
        { runId: live.id },
      );
    }
    for (const run of open) await cancelNow(ctx, { run, session }, "its session was deleted");
    const [deleted] = await ctx.db
      .update(sessions)
      .set({ deletedAt: sql`clock_timestamp()` })
      .where(eq(sessions.sessionId, session.sessionId))
      .returning();
    await auditSession(ctx, session, "sessions.delete", input.reason === undefined ? {} : { reason: input.reason });
    ctx.wake("sessions");
    return toSummary(deleted ?? session, null);
  });
}

async function openRuns(ctx: TxContext, sessionId: string): Promise<(typeof runs.$inferSelect)[]> {
  return ctx.db
    .select()
    .from(runs)
    .where(and(eq(runs.sessionId, sessionId), sql`${runs.status} in ('pending', 'claimed')`))
    .orderBy(runs.id)
    .for("no key update");
}
