import { eq, sql } from "drizzle-orm";
import type { PinStorageInput, StorageSummary } from "@/contract/storage";
import { lockSession } from "@/db/queries/lock";
import { type SessionRow, sessions } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { NotFoundError, StoreEvictedError } from "@/server/errors";
import { backToLive } from "./collect-one";
import { summarize } from "./summary";

/** Keeps a session's volume from every collection, whatever its age, and takes it out of one that is under way. */
export function pinStorage(ctx: ServiceContext, input: PinStorageInput): Promise<StorageSummary> {
  return inTx(ctx, async (ctx) => {
    const session = await requireLocked(ctx, input.sessionId);
    // From here on only the eviction can follow: a pin would say that the volume is kept while it goes.
    if (session.storageState === "deleting")
      throw new StoreEvictedError(session.sessionId, session.archiveManifestId !== null);
    if (session.pinnedAt === null) {
      await ctx.db
        .update(sessions)
        .set({ pinnedAt: sql`clock_timestamp()` })
        .where(eq(sessions.sessionId, session.sessionId));
      await note(ctx, session, "storage.pin", { reason: input.reason ?? null, from: session.storageState });
    }
    await backToLive(ctx, session.sessionId);
    return summarize(ctx, await requireLocked(ctx, input.sessionId));
  });
}

/** Leaves a session's volume to its expiry again. */
export function unpinStorage(ctx: ServiceContext, input: { sessionId: string }): Promise<StorageSummary> {
  return inTx(ctx, async (ctx) => {
    const session = await requireLocked(ctx, input.sessionId);
    if (session.pinnedAt !== null) {
      await ctx.db.update(sessions).set({ pinnedAt: null }).where(eq(sessions.sessionId, session.sessionId));
      await note(ctx, session, "storage.unpin", { pinnedAt: session.pinnedAt.toISOString() });
    }
    return summarize(ctx, await requireLocked(ctx, input.sessionId));
  });
}

export async function requireLocked(ctx: TxContext, sessionId: string): Promise<SessionRow> {
  const session = await lockSession(ctx.db, sessionId, tenantOf(ctx));
  if (!session) throw new NotFoundError("session", sessionId);
  return session;
}

async function note(
  ctx: TxContext,
  session: SessionRow,
  action: string,
  details: Record<string, unknown>,
): Promise<void> {
  const { sessionId: targetId, tenantId } = session;
  await audit(ctx, { action, targetKind: "session", targetId, tenantId, details });
  ctx.wake("sessions");
}
