import { and, eq, sql } from "drizzle-orm";
import { cleanText } from "@/contract/text";
import { lockSession } from "@/db/queries/lock";
import { findSessionHolder } from "@/db/queries/session-holder";
import { type ArchiveOrderRow, archiveOrders, type SessionRow } from "@/db/schema";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { redactMessage } from "@/server/events";
import { newId } from "@/server/ids";
import { auditOrder, changeOrder, findArchiveOrder } from "./archive-order";
import { isArchiveReadable } from "./archive-volume";
import { findRetentionReason, hasCurrentArchive } from "./retention-reason";

/**
 * An archiver has its session's volume to itself from `launching` until it is confirmed gone. A run that comes
 * meanwhile ends that turn (`ending`) and starts once the archiver is gone: it could not start before, where a PVC can
 * be used by only one pod. All of this is decided under the session's lock.
 */
const RETRY_BASE_MS = 60_000;
const RETRY_MAX_MS = 6 * 60 * 60_000;
const RUN_WAIT_MS = 10_000;
const FAILURE_CHARS_MAX = 1_000;
const REMOVED_MAX = 100;

/** Whether an archiver may hand over what it packs. */
export function isActive(order: ArchiveOrderRow): boolean {
  return order.state === "launching" || order.state === "running";
}

/** Whether a locked session still needs the archive that was ordered. */
export async function isStillNeeded(ctx: TxContext, session: SessionRow, order: ArchiveOrderRow): Promise<boolean> {
  if (session.volumeCommandId !== order.commandId) return false;
  if (hasCurrentArchive(session) && (await isArchiveReadable(ctx, session))) return false;
  if (order.orderedBy === "person") return session.storageState === "live" || session.storageState === "archiving";
  return session.storageState === "archiving" && (await findRetentionReason(ctx, session)) === null;
}

/**
 * Whether a runner may be started on a session's volume now. If not, an archiver has the volume and this call has begun
 * to end it: ask again once it is gone.
 */
export async function yieldToRun(ctx: ServiceContext, sessionId: string): Promise<boolean> {
  // The runner's job is committed, so an order made after this look finds the job before its turn begins.
  if ((await findArchiveOrder(ctx, sessionId)) === null) return true;
  return inTx(ctx, async (ctx) => {
    const session = await lockSession(ctx.db, sessionId, null);
    const order = await findArchiveOrder(ctx, sessionId);
    if (!session || !order || order.state === "waiting") return true;
    if (isActive(order)) await withdraw(ctx, order);
    return false;
  });
}

export type Turn = { order: ArchiveOrderRow; session: SessionRow };

/** Gives a waiting order its turn. null: a runner has the volume, or the order is no longer wanted. */
export function beginTurn(ctx: ServiceContext, sessionId: string): Promise<Turn | null> {
  return inTx(ctx, async (ctx) => {
    const session = await lockSession(ctx.db, sessionId, null);
    const order = await findArchiveOrder(ctx, sessionId);
    if (!session || order?.state !== "waiting") return null;
    if (!(await isStillNeeded(ctx, session, order))) {
      await removeOrder(ctx, order);
      return null;
    }
    // A runner's pod may outlive its run, and holds the PVC for as long.
    if ((await findSessionHolder(ctx.db, { id: null, sessionId })) !== null) {
      // Lets orders go first whose volume is free.
      await changeOrder(ctx, sessionId, { nextTryAt: timeFromNow(RUN_WAIT_MS) });
      return null;
    }
    const begun = await changeOrder(ctx, sessionId, { state: "launching" });
    await auditOrder(ctx, begun, "archive.begin");
    return { session, order: begun };
  });
}

/** Takes the turn from an archiver whose archive is no longer wanted; returns the order as it stands. */
export function reviewTurn(
  ctx: ServiceContext,
  sessionId: string,
): Promise<{ order: ArchiveOrderRow | null; session: SessionRow | null }> {
  return inTx(ctx, async (ctx) => {
    const session = await lockSession(ctx.db, sessionId, null);
    const order = await findArchiveOrder(ctx, sessionId);
    if (!order || !isActive(order) || (session && (await isStillNeeded(ctx, session, order))))
      return { order, session };
    return { order: await withdraw(ctx, order), session };
  });
}

async function withdraw(ctx: TxContext, order: ArchiveOrderRow): Promise<ArchiveOrderRow> {
  await auditOrder(ctx, order, "archive.withdraw");
  return changeOrder(ctx, order.sessionId, { state: "ending" });
}

/** Records that the archiver's Job was created. */
export async function confirmTurn(ctx: ServiceContext, attemptId: string): Promise<void> {
  await ctx.db
    .update(archiveOrders)
    .set({ state: "running", updatedAt: sql`clock_timestamp()` })
    .where(and(eq(archiveOrders.attemptId, attemptId), eq(archiveOrders.state, "launching")));
}

/** Records that an archiver could not be started. Whether any part of it exists is found out before another try. */
export function failTurn(ctx: ServiceContext, attemptId: string, failure: string): Promise<void> {
  return withOrder(ctx, attemptId, async (ctx, order) => {
    if (isActive(order)) await noteFailure(ctx, order, failure);
  });
}

/**
 * Records that an archiver is confirmed gone. Its order is removed, unless the archive is still missing: then the order
 * waits for its next try. May be called twice for one attempt.
 */
export function endTurn(ctx: ServiceContext, attemptId: string, failure: string): Promise<void> {
  return withOrder(ctx, attemptId, async (ctx, order, session) => {
    if (order.state === "waiting") return;
    if (session && isActive(order)) await noteFailure(ctx, order, failure);
    await closeTurn(ctx, session, order);
  });
}

/**
 * Settles the order of a locked session whose archiver is gone: it waits again if the archive is still wanted, and is
 * removed otherwise.
 */
export async function closeTurn(ctx: TxContext, session: SessionRow | null, order: ArchiveOrderRow): Promise<void> {
  if (session && (await isStillNeeded(ctx, session, order)))
    await changeOrder(ctx, order.sessionId, { state: "waiting", attemptId: newId("archiver") });
  else await removeOrder(ctx, order);
  // A run may wait for the volume.
  ctx.wake("runs");
}

async function removeOrder(ctx: TxContext, { sessionId }: ArchiveOrderRow): Promise<void> {
  await ctx.db.delete(archiveOrders).where(eq(archiveOrders.sessionId, sessionId));
  ctx.wake("sessions");
}

async function noteFailure(ctx: TxContext, order: ArchiveOrderRow, failure: string): Promise<void> {
  const failed = fieldsAfterFailure(order, failure);
  await changeOrder(ctx, order.sessionId, { state: "ending", ...failed });
  await auditOrder(ctx, order, "archive.failed", { failure: failed.failure, tryCount: failed.tryCount });
}

/** Returns the fields of an order after one more failed try. Each further try comes later. */
export function fieldsAfterFailure({ tryCount }: ArchiveOrderRow, failure: string) {
  const nextTryAt = timeFromNow(Math.min(RETRY_BASE_MS * 2 ** tryCount, RETRY_MAX_MS));
  // Cleaned once more where it was cut, because half of a character may be left there.
  const told = cleanText((redactMessage(failure) ?? "").slice(-FAILURE_CHARS_MAX));
  return { failure: told, tryCount: tryCount + 1, nextTryAt };
}

function timeFromNow(delayMs: number): ReturnType<typeof sql> {
  return sql`clock_timestamp() + ${delayMs} * interval '1 millisecond'`;
}

type OrderWork = (ctx: TxContext, order: ArchiveOrderRow, session: SessionRow | null) => Promise<void>;

/**
 * Runs `work` with the order of an attempt, its session locked. Does nothing if the order belongs to another attempt by
 * now.
 */
function withOrder(ctx: ServiceContext, attemptId: string, work: OrderWork): Promise<void> {
  return inTx(ctx, async (ctx) => {
    const isAttempt = eq(archiveOrders.attemptId, attemptId);
    const [found] = await ctx.db.select({ sessionId: archiveOrders.sessionId }).from(archiveOrders).where(isAttempt);
    if (!found) return;
    const session = await lockSession(ctx.db, found.sessionId, null);
    const [order] = await ctx.db.select().from(archiveOrders).where(isAttempt);
    if (order) await work(ctx, order, session);
  });
}

/**
 * Removes waiting orders that are certainly no longer wanted, so that they are not shown. The others are judged at
 * their turn.
 */
export async function removeObsoleteOrders(ctx: ServiceContext): Promise<void> {
  const { rows } = await ctx.db.execute<{ sessionId: string }>(sql`
    select archiving.session_id as "sessionId"
    from agentrun_archive_orders archiving join agentrun_sessions session on session.session_id = archiving.session_id
    where archiving.state = 'waiting'
      and (session.deleted_at is not null or session.volume_command_id is distinct from archiving.command_id
        or session.storage_state not in ('live', 'archiving')
        or (archiving.ordered_by = 'collection' and session.storage_state <> 'archiving'))
    limit ${REMOVED_MAX}`);
  for (const { sessionId } of rows) {
    await inTx(ctx, async (ctx) => {
      const session = await lockSession(ctx.db, sessionId, null);
      const order = await findArchiveOrder(ctx, sessionId);
      if (order?.state !== "waiting" || (session && (await isStillNeeded(ctx, session, order)))) return;
      await removeOrder(ctx, order);
    });
  }
}
