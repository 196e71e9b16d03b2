import { and, eq, isNull, or, sql } from "drizzle-orm";
import { prepared } from "@/db/queries/sql/prepared";
import { tokens } from "@/db/schema";
import type { ServiceContext } from "@/server/context";

const revokeRunTokens = prepared("end-run-tokens", (db) =>
  db
    .update(tokens)
    .set({ revokedAt: sql`clock_timestamp()` })
    .where(and(eq(tokens.runId, sql.placeholder("runId")), isNull(tokens.revokedAt))),
);

/**
 * Ends every token of a run: launch and model tokens at once. A runner's token is still accepted by heartbeat and
 * finish for `ENDED_TOKEN_GRACE_MS`, so that its last answers are not lost. Must be called in the transaction that ends
 * the run.
 */
export async function endRunTokens(ctx: ServiceContext, runId: string): Promise<void> {
  await revokeRunTokens(ctx.db).execute({ runId });
}

/** Ends one token now, with those that it bought. Returns how many browsers were signed in by it. */
export async function endToken(ctx: ServiceContext, tokenId: string): Promise<number> {
  const ended = await ctx.db
    .update(tokens)
    .set({ revokedAt: sql`clock_timestamp()` })
    .where(and(or(eq(tokens.id, tokenId), eq(tokens.parentId, tokenId)), isNull(tokens.revokedAt)))
    .returning({ id: tokens.id, kind: tokens.kind });
  return ended.filter(({ id, kind }) => id !== tokenId && kind === "operator").length;
}
