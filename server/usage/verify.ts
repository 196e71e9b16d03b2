import { sql } from "drizzle-orm";
import type { UsageVerification } from "@/contract/usage";
import { recountSessions, recountUsage } from "@/db/queries/usage/verify";
import { inTx, type ServiceContext, tenantOf } from "@/server/context";

const DIFFERENCES_MAX = 100;
/** It reads every call, so it may take longer than any other statement. */
const RECOUNT_TIMEOUT = "60s";

/**
 * Checks that the sums of days equal the existing calls, and that the sums of sessions are no less than those. All are
 * read at the same moment. Reads every call.
 */
export function verifyUsage(ctx: ServiceContext): Promise<UsageVerification> {
  return inTx(ctx, async (ctx) => {
    await ctx.db.execute(sql`set local statement_timeout = ${sql.raw(`'${RECOUNT_TIMEOUT}'`)}`);
    const recount = await recountUsage(ctx.db, tenantOf(ctx), DIFFERENCES_MAX);
    const sessions = await recountSessions(ctx.db, tenantOf(ctx), DIFFERENCES_MAX);
    return { isEqual: recount.differing === 0 && sessions.differing === 0, ...recount, sessions };
  });
}
