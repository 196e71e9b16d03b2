import type { CreateSessionInput } from "@/contract/session";
import { shareVolumeKey } from "@/db/queries/advisory-lock";
import { type SessionRow, sessions } from "@/db/schema";
import type { ServiceContext, TxContext } from "@/server/context";
import { contentOf, rowOf } from "./content";

/**
 * Inserts a session; null: its id is taken, possibly by a transaction that committed while this one waited. A row whose
 * volume is still to be made already names it, so that nobody takes that volume for an orphan.
 */
export async function insertSession(ctx: TxContext, values: typeof sessions.$inferInsert): Promise<SessionRow | null> {
  const needsVolume = values.storageState === "creating" || values.storageState === "restoring";
  const storagePvcName = values.storagePvcName ?? (needsVolume ? ctx.volumes.nameFor(values.sessionId) : null);
  if (storagePvcName !== null) await shareVolumeKey(ctx.db, storagePvcName);
  const [inserted] = await ctx.db
    .insert(sessions)
    .values({ ...values, storagePvcName })
    .onConflictDoNothing({ target: sessions.sessionId })
    .returning();
  if (inserted) ctx.wake("sessions");
  return inserted ?? null;
}

/** Returns the columns of a session with default storage, as far as its owner and input decide them. */
export function planSession(
  ctx: ServiceContext,
  sessionId: string,
  { owner, input }: { owner: { tenantId: string; projectId: string }; input: CreateSessionInput },
) {
  return { ...rowOf(contentOf(input, owner)), sessionId, storagePvcName: ctx.volumes.nameFor(sessionId) };
}
