import { sql } from "drizzle-orm";
import { inTx, type ServiceContext } from "@/server/context";

/** Counts the rows of a table that a call read, by PostgreSQL's own statistics: this shows what no index answered. */
export function rowsRead(
  ctx: ServiceContext,
  table: string,
  call: (ctx: ServiceContext) => Promise<unknown>,
): Promise<number> {
  return inTx(ctx, async (ctx) => {
    // What the connection read just before may not have been added to the statistics yet, and then counts as well.
    const before = await countRead(ctx, table);
    await call(ctx);
    return (await countRead(ctx, table)) - before;
  });
}

async function countRead(ctx: ServiceContext, table: string): Promise<number> {
  const { rows } = await ctx.db.execute<{ rows: string }>(
    sql`select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) as rows
      from pg_stat_xact_user_tables where relname = ${table}`,
  );
  return Number(rows[0]?.rows ?? 0);
}
