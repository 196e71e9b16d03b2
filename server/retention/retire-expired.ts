import { and, asc, inArray, isNull, sql } from "drizzle-orm";
import { sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { type Budget, removeRuns } from "./remove-runs";

/**
 * How many days a session's runs and events are kept after its expiry. Its archive stays, so the session can be
 * resumed.
 */
const KEPT_AFTER_EXPIRY_DAYS = 90;
const SESSIONS_PER_TICK_MAX = 50;

/**
 * Removes events and runs of sessions that expired long ago and no longer have a volume. Returns the sessions that are
 * done.
 */
export async function retireExpired(ctx: ServiceContext, budget: Budget = { rows: 50_000 }): Promise<string[]> {
  const retired: string[] = [];
  for (const { sessionId, tenantId } of await readExpired(ctx)) {
    if (budget.rows <= 0 || !(await removeRuns(ctx, sessionId, budget))) break;
    await inTx(ctx, (ctx) => auditSession(ctx, { sessionId, tenantId }, "sessions.retired"));
    retired.push(sessionId);
  }
  return retired;
}

async function readExpired(ctx: ServiceContext): Promise<{ sessionId: string; tenantId: string }[]> {
  return ctx.db
    .select({ sessionId: sessions.sessionId, tenantId: sessions.tenantId })
    .from(sessions)
    .where(
      and(
        inArray(sessions.storageKind, ["evicted", "none"]),
        sql`${sessions.expiresAt} < clock_timestamp() - ${KEPT_AFTER_EXPIRY_DAYS} * interval '1 day'`,
        isNull(sessions.pinnedAt),
        isNull(sessions.deletedAt),
        inArray(sessions.storageState, ["none", "evicted"]),
        sql`exists (select 1 from agentrun_runs run where run.session_id = agentrun_sessions.session_id)`,
        sql`not exists (select 1 from agentrun_runs run where run.session_id = agentrun_sessions.session_id
          and run.status in ('pending', 'claimed'))`,
      ),
    )
    .orderBy(asc(sessions.expiresAt), asc(sessions.sessionId))
    .limit(SESSIONS_PER_TICK_MAX);
}
