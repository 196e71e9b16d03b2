import { sql } from "drizzle-orm";
import type { QueueVerification } from "@/contract/queue-commander";
import { recountTasks } from "@/db/queries/queue/verify";
import { inTx, type ServiceContext } from "@/server/context";

const DIFFERENCES_MAX = 100;
/** The recount reads the whole table, longer than any other statement may take. */
const RECOUNT_TIMEOUT = "60s";

/** Whether the counters equal a count of the table, in one snapshot. Reads every task. */
export function verifyCounts(ctx: ServiceContext): Promise<QueueVerification> {
  return inTx(ctx, async (ctx) => {
    await ctx.db.execute(sql`set local statement_timeout = ${sql.raw(`'${RECOUNT_TIMEOUT}'`)}`);
    const recount = await recountTasks(ctx.db, DIFFERENCES_MAX);
    return { isEqual: recount.differing === 0, ...recount };
  });
}
