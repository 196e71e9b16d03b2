import { and, asc, eq, inArray, isNull, type SQL, sql } from "drizzle-orm";
import { lockSession } from "@/db/queries/lock";
import { sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { type Budget, removeRuns } from "./remove-runs";

/**
 * How many days a session's runs and events are kept after its expiry and its last use. Its archive stays, so the
 * session can be resumed.
 */
const KEPT_DAYS = 90;
const SESSIONS_PER_TICK_MAX = 50;

/**
 * Removes events and runs of sessions that expired and were last used long ago, and no longer have a volume. Stops
 * removing a session's runs when it is used, extended or pinned meanwhile. Returns the sessions that are done.
 */
export async function retireExpired(ctx: ServiceContext, budget: Budget = { rows: 50_000 }): Promise<string[]> {
  const retired: string[] = [];
  for (const { sessionId, tenantId } of await readExpired(ctx)) {
    if (budget.rows <= 0) break;
    const outcome = await removeRuns(ctx, sessionId, budget, (ctx) => lockIfOver(ctx, sessionId));
    if (outcome !== "removed") continue;
    await inTx(ctx, (ctx) => auditSession(ctx, { sessionId, tenantId }, "sessions.retired"));
    retired.push(sessionId);
  }
  return retired;
}

/** Locks a session, and then, so that nothing is missed that its lock waited for, looks whether its time is over. */
async function lockIfOver(ctx: TxContext, sessionId: string): Promise<boolean> {
  if ((await lockSession(ctx.db, sessionId, null)) === null) return false;
  return (await ctx.db.$count(sessions, and(eq(sessions.sessionId, sessionId), isOver()))) > 0;
}

async function readExpired(ctx: ServiceContext): Promise<{ sessionId: string; tenantId: string }[]> {
  return ctx.db
    .select({ sessionId: sessions.sessionId, tenantId: sessions.tenantId })
    .from(sessions)
    .where(isOver())
    .orderBy(asc(sessions.expiresAt), asc(sessions.sessionId))
    .limit(SESSIONS_PER_TICK_MAX);
}

function isOver(): SQL | undefined {
  const before = sql`clock_timestamp() - ${KEPT_DAYS} * interval '1 day'`;
  return and(
    inArray(sessions.storageKind, ["evicted", "none"]),
    sql`${sessions.expiresAt} < ${before}`,
    sql`coalesce(${sessions.lastActivityAt}, ${sessions.createdAt}) < ${before}`,
    isNull(sessions.pinnedAt),
    isNull(sessions.deletedAt),
    inArray(sessions.storageState, ["none", "evicted"]),
    sql`exists (select 1 from agentrun_runs run where run.session_id = agentrun_sessions.session_id)`,
    sql`not exists (select 1 from agentrun_runs run where run.session_id = agentrun_sessions.session_id
      and run.status in ('pending', 'claimed'))`,
  );
}
