import { inArray } from "drizzle-orm";
import type { CreateSessionInput } from "@/contract/session";
import { shareVolumeKey, shareVolumeKeys } from "@/db/queries/advisory-lock";
import { insertNewSessions } from "@/db/queries/insert-sessions";
import { type SessionRow, sessions } from "@/db/schema";
import { actorName } from "@/server/audit";
import type { TxContext } from "@/server/context";
import { newId, newIds } from "@/server/ids";
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

type NewSession = {
  sessionId: string;
  owner: { tenantId: string; projectId: string };
  input: Pick<CreateSessionInput, "backendProfile" | "title">;
};

/** Inserts sessions of the plainest kind, as many as there are ids that are free, with their audit rows. */
export async function insertSessions(ctx: TxContext, wanted: NewSession[]): Promise<SessionRow[]> {
  if (wanted.length === 0) return [];
  const auditIds = newIds("audit", wanted.length);
  const values = wanted.map(({ sessionId, owner, input }, index) => {
    const { tenantId, projectId, backendProfile, title, payloadHash } = rowOf(contentOf(input, owner));
    const storagePvcName = ctx.volumes.nameFor(sessionId);
    const auditId = auditIds[index] ?? newId("audit");
    return { sessionId, tenantId, projectId, backendProfile, title, payloadHash, storagePvcName, auditId };
  });
  await shareVolumeKeys(
    ctx.db,
    values.map(({ storagePvcName }) => storagePvcName),
  );
  const ids = await insertNewSessions(ctx.db, values, actorName(ctx.actor));
  if (ids.length === 0) return [];
  ctx.wake("sessions");
  return ctx.db.select().from(sessions).where(inArray(sessions.sessionId, ids));
}
