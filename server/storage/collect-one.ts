import { and, eq } from "drizzle-orm";
import type { ArchiveOrder } from "@/contract/storage";
import { lockSession } from "@/db/queries/lock";
import { type SessionRow, sessions } from "@/db/schema";
import { auditSession } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { findArchiveOrder, orderArchive, orderReason, toArchiveOrder } from "./archive-order";
import { archiveVolume, canArchive, hasArchivers, isArchiveReadable } from "./archive-volume";
import { finishEviction } from "./finish-eviction";
import { findPauseReason } from "./pause";
import {
  COLLECTABLE,
  findRetentionReason,
  hasCurrentArchive,
  NO_ARCHIVE,
  RESTORING,
  UNREADABLE,
  wasUsed,
} from "./retention-reason";

/**
 * live → archiving → deleting → evicted. Each arrow is a transaction that locks the session, checks again whether it
 * may be collected, and leaves an audit row; volumes and archive are accessed between the arrows. Before `deleting`, a
 * run, an extension or a pin makes the session live again. From `deleting` on only the eviction can follow, even after
 * a crash.
 */
export type Collected = { outcome: "evicted" | "advanced" | "kept"; reason: string };

/**
 * Moves one expired session as far as possible. Stopping anywhere leaves a state from which the next call continues.
 */
export async function collectOne(ctx: ServiceContext, sessionId: string): Promise<Collected> {
  const begun = await inTx(ctx, (ctx) => beginArchiving(ctx, sessionId));
  if ("keeper" in begun) return { outcome: "kept", reason: begun.keeper };
  if (begun.session.storageState === "deleting") {
    return finishCollection(ctx, begun.session, "expired before its restore, archived");
  }
  const secured = await secureContent(ctx, begun.session);
  if ("order" in secured) {
    const { order, isNew } = secured;
    // An order under way counts against no limit, so that it does not hide the volumes behind it.
    return isNew ? { outcome: "advanced", reason: ARCHIVE_ORDERED } : { outcome: "kept", reason: orderReason(order) };
  }
  if ("keeper" in secured) {
    await inTx(ctx, (ctx) => returnToLive(ctx, sessionId));
    return { outcome: "kept", reason: secured.keeper };
  }
  const { basis } = secured;
  const deleting = await inTx(ctx, (ctx) => beginDeleting(ctx, { basis, secured: begun.session }));
  if ("keeper" in deleting) return { outcome: "kept", reason: deleting.keeper };
  return finishCollection(ctx, deleting.session, `expired, ${basis}`);
}

async function finishCollection(ctx: ServiceContext, deleting: SessionRow, reason: string): Promise<Collected> {
  const now = await finishEviction(ctx, deleting, reason);
  if (now?.storageState !== "deleting") return { outcome: "evicted", reason };
  return { outcome: "advanced", reason: `${reason}; its volume goes with the pod that still uses it` };
}

/** Returns what a dry run reports for a session. */
export async function previewOne(ctx: ServiceContext, session: SessionRow): Promise<Collected> {
  const keeper = await findRetentionReason(ctx, session);
  if (keeper !== null) return { outcome: "kept", reason: keeper };
  const basis = await findEvictionBasis(ctx, session);
  if (basis !== null) return { outcome: "evicted", reason: `expired, ${basis}` };
  if (session.storageState === "restoring") return { outcome: "kept", reason: RESTORING };
  const order = await findArchiveOrder(ctx, session.sessionId);
  if (order?.failure) return { outcome: "kept", reason: orderReason(toArchiveOrder(order)) };
  if ((await canArchive(ctx, session)) || (await canOrder(ctx, session)))
    return { outcome: "evicted", reason: ARCHIVE_EXPECTED };
  return { outcome: "kept", reason: missingArchiveReason(session) };
}

export type EvictionBasis = "archived" | "storage policy discard" | "its volume holds nothing";
type Ordered = { order: ArchiveOrder; isNew: boolean };
/** Reasons given when an archive was ordered just now, and when a dry run expects one to be ordered. */
export const ARCHIVE_ORDERED = "expired, its archive is being made";
export const ARCHIVE_EXPECTED = "expired, its archive is made first";
type Locked = { session: SessionRow } | { keeper: string };

/** Returns how the volume's content can be had again, or why that is not needed; null: the volume is the only copy. */
export async function findEvictionBasis(ctx: ServiceContext, session: SessionRow): Promise<EvictionBasis | null> {
  if (hasCurrentArchive(session) && (await isArchiveReadable(ctx, session))) return "archived";
  if (session.storagePolicy === "discard") return "storage policy discard";
  const name = session.storagePvcName;
  // A folder that is not mounted looks like one that is gone, so then only a volume that was never used counts as
  // empty.
  if (name === null || (await ctx.volumes.find(name)) === null)
    return wasUsed(session) ? null : "its volume holds nothing";
  return ((await ctx.volumes.isEmpty(name)) ?? !wasUsed(session)) ? "its volume holds nothing" : null;
}

async function secureContent(
  ctx: ServiceContext,
  session: SessionRow,
): Promise<{ basis: EvictionBasis } | { keeper: string } | Ordered> {
  const basis = await findEvictionBasis(ctx, session);
  if (basis !== null) return { basis };
  if (await canOrder(ctx, session)) return inTx(ctx, (ctx) => orderArchiveForCollection(ctx, session));
  if (!(await canArchive(ctx, session))) return { keeper: missingArchiveReason(session) };
  const archived = await archiveVolume(ctx, session);
  if (archived === "complete") return { basis: "archived" };
  return { keeper: archived === "incomplete" ? UNREADABLE : NO_ARCHIVE };
}

async function canOrder(ctx: ServiceContext, session: SessionRow): Promise<boolean> {
  return hasArchivers(ctx, session) && (await ctx.volumes.find(session.storagePvcName ?? "")) !== null;
}

async function orderArchiveForCollection(ctx: TxContext, candidate: SessionRow): Promise<Ordered | { keeper: string }> {
  const session = await lockSession(ctx.db, candidate.sessionId, null);
  const keeper = session === null ? "gone: somebody else took it" : await findRetentionReason(ctx, session);
  if (keeper !== null || session?.storageState !== "archiving")
    return { keeper: keeper ?? "live-again: it was used meanwhile" };
  const { order, isNew } = await orderArchive(ctx, session, "collection");
  return { order: toArchiveOrder(order), isNew };
}

/** Returns why a session has no basis for an eviction. */
export function missingArchiveReason(session: SessionRow): string {
  return hasCurrentArchive(session) ? UNREADABLE : NO_ARCHIVE;
}

async function beginArchiving(ctx: TxContext, sessionId: string): Promise<Locked> {
  const session = await lockSession(ctx.db, sessionId, null);
  if (!session || !COLLECTABLE.includes(session.storageState)) return { keeper: "gone: somebody else took it" };
  // Somebody may pause collections while one is under way.
  const keeper = (await findPauseReason(ctx)) ?? (await findRetentionReason(ctx, session));
  if (keeper !== null) {
    await returnToLive(ctx, sessionId);
    return { keeper };
  }
  if (session.storageState === "restoring") {
    // A volume that is being restored is never archived or called live: what it still lacks would be lost for good.
    return hasCurrentArchive(session) ? { session: await moveTo(ctx, session, "deleting") } : { keeper: RESTORING };
  }
  return { session: session.storageState === "archiving" ? session : await moveTo(ctx, session, "archiving") };
}

async function beginDeleting(ctx: TxContext, deleting: { basis: EvictionBasis; secured: SessionRow }): Promise<Locked> {
  const session = await lockSession(ctx.db, deleting.secured.sessionId, null);
  if (session?.storageState !== "archiving") return { keeper: "live-again: it was used meanwhile" };
  const keeper = (await findPauseReason(ctx)) ?? (await findRetentionReason(ctx, session));
  const isUnused = session.volumeCommandId === deleting.secured.volumeCommandId;
  const isSecured = isUnused && (deleting.basis !== "archived" || hasCurrentArchive(session));
  if (keeper === null && isSecured) return { session: await moveTo(ctx, session, "deleting") };
  await returnToLive(ctx, session.sessionId);
  return { keeper: keeper ?? NO_ARCHIVE };
}

async function moveTo(ctx: TxContext, session: SessionRow, to: "archiving" | "deleting"): Promise<SessionRow> {
  const [moved] = await ctx.db
    .update(sessions)
    .set({ storageState: to })
    .where(and(eq(sessions.sessionId, session.sessionId), eq(sessions.storageState, session.storageState)))
    .returning();
  if (!moved) throw new Error(`session ${session.sessionId} changed its state under its lock`);
  await auditSession(ctx, session, `storage.gc.${to}`, {
    from: session.storageState,
    expiresAt: session.expiresAt?.toISOString() ?? null,
    lastActivityAt: session.lastActivityAt?.toISOString() ?? null,
  });
  ctx.wake("sessions");
  return moved;
}

/** Takes a session out of its collection. A session in any other state stays as it is. */
export async function returnToLive(ctx: TxContext, sessionId: string): Promise<void> {
  const [updated] = await ctx.db
    .update(sessions)
    .set({ storageState: "live" })
    .where(and(eq(sessions.sessionId, sessionId), eq(sessions.storageState, "archiving")))
    .returning();
  if (!updated) return;
  await auditSession(ctx, updated, "storage.gc.kept");
  ctx.wake("sessions");
}
