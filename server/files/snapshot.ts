import { sql } from "drizzle-orm";
import { inTx, type ServiceContext } from "@/server/context";

/**
 * Reads an archive and what it holds from one snapshot: a turn's end may replace the archive between two statements,
 * and the one before it goes where only one is kept.
 */
export function inSnapshot<Found>(ctx: ServiceContext, read: (ctx: ServiceContext) => Promise<Found>): Promise<Found> {
  return inTx(ctx, async (ctx) => {
    await ctx.db.execute(sql`set transaction isolation level repeatable read, read only`);
    return read(ctx);
  });
}
