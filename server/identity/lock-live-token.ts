import { and, eq, gt, isNull, or, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { tokens } from "@/db/schema";
import { UnauthenticatedError } from "@/server/errors";

type LiveToken = Pick<typeof tokens.$inferSelect, "id" | "kind" | "expiresAt">;

/**
 * Locks a caller's token and its root: the token that bought it, or itself. Neither can end before this transaction
 * does. Throws for a token that has ended: look-ups are cached for a second, and what a token buys lasts longer.
 */
export async function lockLiveToken(tx: Tx, tokenId: string): Promise<{ token: LiveToken; root: LiveToken }> {
  const [own] = await tx.select({ parentId: tokens.parentId }).from(tokens).where(eq(tokens.id, tokenId));
  // The root first, as in revoking, which locks a token and then those that it bought.
  const root = await lockLive(tx, own?.parentId ?? tokenId);
  const token = root.id === tokenId ? root : await lockLive(tx, tokenId);
  return { token, root };
}

async function lockLive(tx: Tx, id: string): Promise<LiveToken> {
  const isAlive = or(isNull(tokens.expiresAt), gt(tokens.expiresAt, sql`clock_timestamp()`));
  const [token] = await tx
    .select({ id: tokens.id, kind: tokens.kind, expiresAt: tokens.expiresAt })
    .from(tokens)
    .where(and(eq(tokens.id, id), isNull(tokens.revokedAt), isAlive))
    .for("share");
  if (!token) throw new UnauthenticatedError("this token has ended: sign in again");
  return token;
}
