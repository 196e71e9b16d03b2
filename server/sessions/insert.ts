import type { CreateSessionInput } from "@/contract/session";
import { shareVolumeKey, shareVolumeKeys } from "@/db/queries/advisory-lock";
import { type SessionRow, sessions } from "@/db/schema";
import { auditAll } from "@/server/audit";
import type { TxContext } from "@/server/context";
import { contentOf, rowOf } from "./content";

/**
 * Inserts a session; null when its id is taken, also by a transaction that committed while this one waited. A row whose
 * volume is still to be made names it already, so that nobody takes that volume for one of no session.
 */
export async function insertSession(ctx: TxContext, values: typeof sessions.$inferInsert): Promise<SessionRow | null> {
  const isMaking = values.storageState === "creating" || values.storageState === "restoring";
  const storagePvcName = values.storagePvcName ?? (isMaking ? ctx.volumes.nameFor(values.sessionId) : null);
  if (storagePvcName !== null) await shareVolumeKey(ctx.db, storagePvcName);
  const [made] = await ctx.db
    .insert(sessions)
    .values({ ...values, storagePvcName })
    .onConflictDoNothing({ target: sessions.sessionId })
    .returning();
  if (made) ctx.wake("sessions");
  return made ?? null;
}

type NewSession = { sessionId: string; owner: { tenantId: string; projectId: string }; input: CreateSessionInput };

/** Inserts sessions, as many as there are ids that are free, with their audit rows. */
export async function insertSessions(ctx: TxContext, wanted: NewSession[]): Promise<SessionRow[]> {
  if (wanted.length === 0) return [];
  const values = wanted.map(({ sessionId, owner, input }) => {
    return { sessionId, ...rowOf(contentOf(input, owner)), storagePvcName: ctx.volumes.nameFor(sessionId) };
  });
  await shareVolumeKeys(
    ctx.db,
    values.map(({ storagePvcName }) => storagePvcName),
  );
  const made = await ctx.db
    .insert(sessions)
    .values(values)
    .onConflictDoNothing({ target: sessions.sessionId })
    .returning();
  await auditAll(
    ctx,
    made.map(({ sessionId, tenantId }) => {
      return { action: "sessions.create", targetKind: "session" as const, targetId: sessionId, tenantId };
    }),
  );
  if (made.length > 0) ctx.wake("sessions");
  return made;
}
