import { eq, sql } from "drizzle-orm";
import type { ArchiveOrder } from "@/contract/storage";
import type { ArchiveOrderer } from "@/contract/words";
import { type ArchiveOrderRow, archiveOrders, type SessionRow } from "@/db/schema";
import { auditSession } from "@/server/audit";
import type { ServiceContext, TxContext } from "@/server/context";
import { newId } from "@/server/ids";
import { iso } from "@/server/stored";

export async function findArchiveOrder(ctx: ServiceContext, sessionId: string): Promise<ArchiveOrderRow | null> {
  const [order] = await ctx.db.select().from(archiveOrders).where(eq(archiveOrders.sessionId, sessionId));
  return order ?? null;
}

/** Changes the order of a locked session; the lock keeps others from changing it meanwhile. */
export async function changeOrder(
  ctx: TxContext,
  sessionId: string,
  values: Partial<{ [Column in keyof ArchiveOrderRow]: ArchiveOrderRow[Column] | ReturnType<typeof sql> }>,
): Promise<ArchiveOrderRow> {
  const [order] = await ctx.db
    .update(archiveOrders)
    .set({ ...values, updatedAt: sql`clock_timestamp()` })
    .where(eq(archiveOrders.sessionId, sessionId))
    .returning();
  if (!order) throw new Error(`the archive order of session ${sessionId} was lost under its lock`);
  ctx.wake("sessions");
  return order;
}

/**
 * Orders an archive of a locked session's volume, made by an archiver that the worker starts. Ordering again returns
 * the same order; when a person orders again, the next try is due at once. An order for earlier content of the volume
 * is renewed.
 */
export async function orderArchive(
  ctx: TxContext,
  session: SessionRow,
  orderedBy: ArchiveOrderer,
): Promise<{ order: ArchiveOrderRow; isNew: boolean }> {
  const { sessionId, tenantId, volumeCommandId: commandId } = session;
  const existing = await findArchiveOrder(ctx, sessionId);
  if (existing?.commandId === commandId) {
    if (orderedBy === "collection") return { order: existing, isNew: false };
    const order = await changeOrder(ctx, sessionId, { orderedBy, nextTryAt: sql`clock_timestamp()` });
    return { order, isNew: false };
  }
  const fields = { orderedBy, commandId, tryCount: 0, failure: null, nextTryAt: sql`clock_timestamp()` };
  if (existing) {
    // The archiver of the old order must end first.
    const state = existing.state === "waiting" ? existing.state : "ending";
    const order = await changeOrder(ctx, sessionId, { ...fields, state });
    await auditOrder(ctx, order, "archive.order");
    return { order, isNew: true };
  }
  const [order] = await ctx.db
    .insert(archiveOrders)
    .values({ ...fields, sessionId, tenantId, attemptId: newId("archiver") })
    .returning();
  if (!order) throw new Error("the archive order's insert answered no row");
  await auditOrder(ctx, order, "archive.order");
  ctx.wake("sessions");
  return { order, isNew: true };
}

/** Writes the audit row of what happened to an order. */
export async function auditOrder(
  ctx: TxContext,
  order: ArchiveOrderRow,
  action: `archive.${"order" | "begin" | "withdraw" | "failed"}`,
  details: Record<string, unknown> = {},
): Promise<void> {
  const { attemptId, orderedBy } = order;
  await auditSession(ctx, order, action, { attemptId, orderedBy, ...details });
}

export function toArchiveOrder(row: ArchiveOrderRow): ArchiveOrder {
  const { state, orderedBy, tryCount, failure } = row;
  return { state, orderedBy, tryCount, failure, orderedAt: iso(row.createdAt), nextTryAt: iso(row.nextTryAt) };
}

/** Returns why a volume whose archive was ordered is still there, in words for the operator. */
export function orderReason(order: ArchiveOrder): string {
  const { state, failure, tryCount, nextTryAt } = order;
  if (failure === null) return "archiving: its archive is being made";
  const nextTry = state === "waiting" ? `the next try is at ${nextTryAt}` : "it is being tried again";
  return `archive-failed: ${failure} (${tryCount === 1 ? "1 try" : `${tryCount} tries`}; ${nextTry})`;
}
