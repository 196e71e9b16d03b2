import type { GcPause, GcSchedule, PauseGcInput } from "@/contract/storage";
import { storageGc, storageGcPause } from "@/db/schema";
import { actorName, audit } from "@/server/audit";
import { inTx, type ServiceContext, tenantOf } from "@/server/context";
import { ForbiddenError } from "@/server/errors";
import { iso } from "@/server/stored";

/**
 * Stops every collection until somebody resumes it. Evictions ordered before are still finished, and dry runs remain
 * possible.
 */
export function pauseGc(ctx: ServiceContext, { reason }: PauseGcInput): Promise<GcSchedule> {
  assertAllTenants(ctx);
  return inTx(ctx, async (ctx) => {
    const paused = { reason, pausedBy: actorName(ctx.actor) };
    await ctx.db
      .insert(storageGcPause)
      .values(paused)
      .onConflictDoUpdate({ target: storageGcPause.isOnly, set: paused });
    await audit(ctx, { action: "storage.pauseGc", targetKind: "volume", targetId: "all", details: { reason } });
    return readSchedule(ctx);
  });
}

/** Lets collections run again. It is no error when none was stopped. */
export function resumeGc(ctx: ServiceContext): Promise<GcSchedule> {
  assertAllTenants(ctx);
  return inTx(ctx, async (ctx) => {
    const [paused] = await ctx.db.delete(storageGcPause).returning();
    const details = { reason: paused?.reason, pausedBy: paused?.pausedBy };
    if (paused) await audit(ctx, { action: "storage.resumeGc", targetKind: "volume", targetId: "all", details });
    return readSchedule(ctx);
  });
}

/** Returns who stopped collections, and why; null: they are not stopped. */
export async function findPause(ctx: ServiceContext): Promise<GcPause | null> {
  const [paused] = await ctx.db.select().from(storageGcPause);
  return paused ? { reason: paused.reason, by: paused.pausedBy, at: iso(paused.pausedAt) } : null;
}

/** The same as the reason for which volumes are kept. */
export async function findPauseReason(ctx: ServiceContext): Promise<string | null> {
  return pauseReason(await findPause(ctx));
}

export function pauseReason(pause: GcPause | null): string | null {
  return pause && `gc-paused: ${pauseMessage(pause)}`;
}

export function pauseMessage({ by, reason }: GcPause): string {
  return `${by} stopped every collection: ${reason}`;
}

/** Returns how often the worker collects, when a collection last ended, and whether collections are stopped. */
export async function readSchedule(ctx: ServiceContext): Promise<GcSchedule> {
  const [last] = await ctx.db.select({ collectedAt: storageGc.collectedAt }).from(storageGc);
  const { gcIntervalMs: intervalMs } = ctx.settings.storage;
  return { intervalMs, lastAt: iso(last?.collectedAt ?? null), pause: await findPause(ctx) };
}

function assertAllTenants(ctx: ServiceContext): void {
  const tenantId = tenantOf(ctx);
  if (tenantId !== null)
    throw new ForbiddenError(`collections are every tenant's, and this token is bound to tenant ${tenantId}`);
}
