import { and, eq, gt, isNull, or, sql } from "drizzle-orm";
import type { Tx } from "@/db/client";
import { tokens } from "@/db/schema";
import { UnauthenticatedError } from "@/server/errors";

type LiveToken = Pick<typeof tokens.$inferSelect, "id" | "kind" | "expiresAt">;

/**
 * A caller's token and the one that it belongs to, which is itself unless another bought it. Neither ends before this
 * transaction does; one that has ended is refused: a look-up is believed for a second, and what is bought lasts longer.
 */
export async function lockLiveToken(tx: Tx, tokenId: string): Promise<{ token: LiveToken; root: LiveToken }> {
  const [own] = await tx.select({ parentId: tokens.parentId }).from(tokens).where(eq(tokens.id, tokenId));
  // The root first, as whoever revokes it does: it, and then what it bought.
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
