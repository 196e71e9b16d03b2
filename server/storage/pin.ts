import { eq, sql } from "drizzle-orm";
import type { PinStorageInput, StorageSummary } from "@/contract/storage";
import { sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { StoreEvictedError } from "@/server/errors";
import { lockOwnSession } from "@/server/sessions";
import { returnToLive } from "./collect-one";
import { summarize } from "./summary";

/** Keeps a session's volume from every collection, whatever its age, and takes it out of one that is under way. */
export function pinStorage(ctx: ServiceContext, input: PinStorageInput): Promise<StorageSummary> {
  return inTx(ctx, async (ctx) => {
    const session = await lockOwnSession(ctx, input.sessionId);
    // From here on only the eviction can follow: a pin would say that the volume is kept while it is being removed.
    if (session.storageState === "deleting")
      throw new StoreEvictedError(session.sessionId, session.archiveManifestId !== null);
    if (session.pinnedAt === null) {
      await ctx.db
        .update(sessions)
        .set({ pinnedAt: sql`clock_timestamp()` })
        .where(eq(sessions.sessionId, session.sessionId));
      await auditSession(ctx, session, "storage.pin", { reason: input.reason ?? null, from: session.storageState });
      ctx.wake("sessions");
    }
    await returnToLive(ctx, session.sessionId);
    return summarize(ctx, await lockOwnSession(ctx, input.sessionId));
  });
}

/** Removes the pin, so that the volume's expiry counts again. */
export function unpinStorage(ctx: ServiceContext, input: { sessionId: string }): Promise<StorageSummary> {
  return inTx(ctx, async (ctx) => {
    const session = await lockOwnSession(ctx, input.sessionId);
    if (session.pinnedAt !== null) {
      await ctx.db.update(sessions).set({ pinnedAt: null }).where(eq(sessions.sessionId, session.sessionId));
      await auditSession(ctx, session, "storage.unpin", { pinnedAt: session.pinnedAt.toISOString() });
      ctx.wake("sessions");
    }
    return summarize(ctx, await lockOwnSession(ctx, input.sessionId));
  });
}
