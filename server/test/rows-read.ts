import { sql } from "drizzle-orm";
import { inTx, type ServiceContext } from "@/server/context";

/** How many rows of a table a call looked at, by PostgreSQL's own count: what no index answered shows in it. */
export function rowsRead(
  ctx: ServiceContext,
  table: string,
  call: (ctx: ServiceContext) => Promise<unknown>,
): Promise<number> {
  return inTx(ctx, async (ctx) => {
    // What the connection read just before may not have been added up yet, and is told too.
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
