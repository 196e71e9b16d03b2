import { and, desc, eq, inArray, sql } from "drizzle-orm";
import type { Session } from "@/contract/session";
import type { AdoptVolumeInput } from "@/contract/storage";
import { lockVolumeKey } from "@/db/queries/advisory-lock";
import { audit, type SessionRow, sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { requireProfile } from "@/server/backends";
import { assertEveryTenant, inTx, type ServiceContext, type TxContext } from "@/server/context";
import { ConflictError, InvalidInputError, UnavailableError } from "@/server/errors";
import { insertSession, toSession } from "@/server/sessions";
import { type FoundVolume, isHashedName } from "@/server/volumes/volumes";
import { lockSessionsNaming, requireVolume } from "./delete-volume";
import { EXPIRY_AFTER_RESTORE } from "./restore";

/** Stands in place of a turn's id: an adopted volume holds something that no archive has. */
const BEFORE_ADOPTION = "before-adoption";

/** Makes a session for a volume that has none, with the volume's content. */
export async function adoptVolume(ctx: ServiceContext, input: AdoptVolumeInput): Promise<Session> {
  assertEveryTenant(ctx);
  // A deletion under way holds the volume's key until it ends: only a look after that shows what is left.
  const deletion = await inTx(ctx, (ctx) => findDeletion(ctx, input.name));
  const volume = await requireVolume(ctx, input);
  if (volume.phase === "Terminating" || volume.phase === "Lost") {
    throw new UnavailableError("volume-going", `volume ${volume.name} is going or gone: ${volume.phase}`);
  }
  const sessionId = resolveSessionId(ctx, volume, input);
  const adopted = await inTx(ctx, (ctx) => adoptLocked(ctx, volume, { ...input, sessionId, deletion }));
  // null: somebody has ordered the volume's deletion since that look.
  return adopted === null ? adoptVolume(ctx, input) : toSession(adopted);
}

/**
 * Returns the last order to delete a volume of that name; null: there is none. Takes the volume's key, so that no
 * deletion is carried out before this transaction commits.
 */
async function findDeletion(ctx: TxContext, name: string): Promise<string | null> {
  await lockVolumeKey(ctx.db, name);
  const [order] = await ctx.db
    .select({ id: audit.id })
    .from(audit)
    .where(and(eq(audit.targetKind, "volume"), eq(audit.targetId, name), eq(audit.action, "storage.delete")))
    .orderBy(desc(audit.at), desc(audit.id))
    .limit(1);
  return order?.id ?? null;
}

/**
 * Returns the session's id. A volume whose name is a hash can only belong to the session that it was made for: another
 * session would share the volume with it.
 */
function resolveSessionId(ctx: ServiceContext, volume: FoundVolume, input: AdoptVolumeInput): string {
  const sessionId = input.sessionId ?? volume.owner?.sessionId;
  if (sessionId === undefined) {
    throw new InvalidInputError("sessionId: the volume does not say whose it was: name the session");
  }
  if (isHashedName(volume.name) && ctx.volumes.nameFor(sessionId) !== volume.name) {
    throw new InvalidInputError(
      `sessionId: volume ${volume.name} can only be that of the session that it was made for`,
    );
  }
  return sessionId;
}

async function adoptLocked(
  ctx: TxContext,
  volume: FoundVolume,
  input: AdoptVolumeInput & { sessionId: string; deletion: string | null },
): Promise<SessionRow | null> {
  if ((await findDeletion(ctx, volume.name)) !== input.deletion) return null;
  const namingSessions = await lockSessionsNaming(ctx, volume);
  const own = namingSessions.find((session) => session.sessionId === input.sessionId);
  const others = namingSessions.filter((session) => session !== own).map((session) => session.sessionId);
  // These sessions still name a volume that they once had: their own deletion must not take it from its new session.
  if (others.length > 0)
    await ctx.db.update(sessions).set({ storagePvcName: null }).where(inArray(sessions.sessionId, others));
  const adopted = own ? await reattachVolume(ctx, own, volume) : await makeSession(ctx, volume, input);
  await auditSession(ctx, adopted, "storage.adopt", {
    volume: volume.name,
    uid: volume.uid,
    owner: volume.owner,
    from: own?.storageState ?? null,
    others,
  });
  ctx.wake("sessions");
  return adopted;
}

const adoptedVolume = (volume: FoundVolume) => ({
  storageKind: "pvc" as const,
  storageState: "live" as const,
  storagePvcName: volume.name,
  storageNamespace: volume.namespace,
  storagePvcPhase: volume.phase,
  volumeCommandId: BEFORE_ADOPTION,
});

/** Gives an evicted session its volume back, because the volume still exists or exists again. */
async function reattachVolume(ctx: TxContext, session: SessionRow, volume: FoundVolume): Promise<SessionRow> {
  const [revived] = await ctx.db
    .update(sessions)
    .set({
      ...adoptedVolume(volume),
      storageEvictedAt: null,
      expiresAt: EXPIRY_AFTER_RESTORE,
      usedAt: sql`clock_timestamp()`,
    })
    .where(eq(sessions.sessionId, session.sessionId))
    .returning();
  if (!revived) throw new Error(`session ${session.sessionId} vanished under its lock`);
  return revived;
}

async function makeSession(
  ctx: TxContext,
  volume: FoundVolume,
  input: AdoptVolumeInput & { sessionId: string },
): Promise<SessionRow> {
  const { sessionId, backendProfile, title = null } = input;
  await requireProfile(ctx, backendProfile);
  const inserted = await insertSession(ctx, {
    sessionId,
    backendProfile,
    title,
    ...adoptedVolume(volume),
    tenantId: input.tenantId ?? volume.owner?.tenantId ?? "default",
    projectId: input.projectId ?? volume.owner?.projectId ?? "default",
    storageRequestedBytes: volume.requestedBytes,
  });
  if (inserted) return inserted;
  throw new ConflictError("already-exists", `session ${sessionId} exists, and does not name volume ${volume.name}`, {
    sessionId,
  });
}
