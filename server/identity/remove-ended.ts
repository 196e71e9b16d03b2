import { sql } from "drizzle-orm";
import type { ServiceContext } from "@/server/context";

const BATCH_MAX = 5_000;

/** Removes tokens that have been useless for a day, in bounded batches; returns how many. */
export async function removeEndedTokens(ctx: ServiceContext): Promise<number> {
  for (let removed = 0; ; ) {
    const { rowCount } = await ctx.db.execute(sql`
      delete from agentrun_tokens where id in (
        select token.id from agentrun_tokens token left join agentrun_runs run on run.id = token.run_id
        where token.revoked_at < clock_timestamp() - interval '1 day'
          or token.expires_at < clock_timestamp() - interval '1 day'
          or (token.run_id is not null and run.id is null)
          or (run.terminal_status is not null and run.updated_at < clock_timestamp() - interval '1 day')
        limit ${BATCH_MAX}
      )`);
    removed += rowCount ?? 0;
    if ((rowCount ?? 0) < BATCH_MAX) return removed;
  }
}
