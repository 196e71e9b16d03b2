import { and, eq } from "drizzle-orm";
import type { PgUpdateSetSource } from "drizzle-orm/pg-core";
import { type SessionRow, sessionReadCursors, sessions } from "@/db/schema";
import type { TxContext } from "@/server/context";

/**
 * Changes a locked session in a way that gives nobody anything to read. Readers who had read all of it before still
 * have.
 */
export async function updateQuietly(
  ctx: TxContext,
  sessionId: string,
  change: PgUpdateSetSource<typeof sessions>,
): Promise<SessionRow> {
  // Read here and not taken from the locked row: other changes of this transaction stay unread.
  const [before] = await ctx.db
    .select({ version: sessions.version })
    .from(sessions)
    .where(eq(sessions.sessionId, sessionId));
  const [after] = await ctx.db.update(sessions).set(change).where(eq(sessions.sessionId, sessionId)).returning();
  if (!before || !after) throw new Error(`session ${sessionId} vanished under its lock`);
  if (after.version === before.version) return after;
  await ctx.db
    .update(sessionReadCursors)
    .set({ sessionVersion: after.version })
    .where(and(eq(sessionReadCursors.sessionId, sessionId), eq(sessionReadCursors.sessionVersion, before.version)));
  return after;
}
