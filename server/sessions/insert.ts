import { type SessionRow, sessions } from "@/db/schema";
import type { TxContext } from "@/server/context";

/** Inserts a session; null when its id is taken, also by a transaction that committed while this one waited. */
export async function insertSession(ctx: TxContext, values: typeof sessions.$inferInsert): Promise<SessionRow | null> {
  const [made] = await ctx.db
    .insert(sessions)
    .values(values)
    .onConflictDoNothing({ target: sessions.sessionId })
    .returning();
  if (made) ctx.wake("sessions");
  return made ?? null;
}
