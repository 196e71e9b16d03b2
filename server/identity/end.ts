import { and, eq, isNull, sql } from "drizzle-orm";
import { tokens } from "@/db/schema";
import type { ServiceContext } from "@/server/context";

/**
 * Ends every token of a run: launch and model tokens at once; a runner's is still answered by heartbeat and finish for
 * `ENDED_TOKEN_GRACE_MS`, so that its last answers are not lost. Call it in the transaction that ends the run.
 */
export async function endRunTokens(ctx: ServiceContext, runId: string): Promise<void> {
  await ctx.db
    .update(tokens)
    .set({ revokedAt: sql`clock_timestamp()` })
    .where(and(eq(tokens.runId, runId), isNull(tokens.revokedAt)));
}

/** Ends one token now. */
export async function revokeToken(ctx: ServiceContext, tokenId: string): Promise<void> {
  await ctx.db
    .update(tokens)
    .set({ revokedAt: sql`clock_timestamp()` })
    .where(and(eq(tokens.id, tokenId), isNull(tokens.revokedAt)));
}
