import { count, eq, isNull, sql } from "drizzle-orm";
import { archiveOrders, type SessionRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { orderReason } from "./archive-order";
import { hasArchivers } from "./archive-volume";
import type { Candidate } from "./candidates";
import { ARCHIVE_EXPECTED, type Collected } from "./collect-one";
import type { StorageFacts } from "./facts";
import { previewRetention } from "./preview-retention";
import { hasCurrentArchive, retentionReasonOf, wasUsed } from "./retention-reason";

/** The maximum of archives that collections have ordered and nobody has tried to make yet; four are made at once. */
export const ORDERS_MAX = 100;
/** The same, including orders that failed and are tried again. */
const ORDERS_WITH_FAILED_MAX = 1_000;
const ORDERS_FULL = `archive-waiting: ${ORDERS_MAX} archives that collections ordered are made first`;

/** How many archives a collection may still order. */
export type OrderAllowance = { orders: number };

/**
 * Judges a candidate by the rows of its page; null: it has to be locked and judged by itself. Most kept volumes are
 * judged here, above all those whose archive is being made, which may be many for a long time.
 */
export function previewCollection(
  ctx: ServiceContext,
  { session, facts }: Candidate,
  { dryRun, orderAllowance }: { dryRun: boolean; orderAllowance: OrderAllowance },
): Collected | null {
  const isArchiving = session.storageState === "archiving";
  // A session in `archiving` that is kept after all has to be set to live again.
  const keeper = isArchiving ? null : previewRetention(ctx, session, facts);
  if (keeper !== null) return { outcome: "kept", reason: keeper };
  if (!needsArchiver(ctx, session) || retentionReasonOf(session, facts.openRun) !== null) return null;
  const { archiveOrder } = facts;
  if (archiveOrder === null || !facts.isOrderCurrent)
    return dryRun || orderAllowance.orders > 0 ? null : { outcome: "kept", reason: ORDERS_FULL };
  return isArchiving ? previewOrdered(archiveOrder, dryRun) : null;
}

function previewOrdered(order: NonNullable<StorageFacts["archiveOrder"]>, dryRun: boolean): Collected {
  if (dryRun && order.failure === null) return { outcome: "evicted", reason: ARCHIVE_EXPECTED };
  return { outcome: "kept", reason: orderReason(order) };
}

/** Whether only an archiver can make the archive that the volume must have. */
function needsArchiver(ctx: ServiceContext, session: SessionRow): boolean {
  if (session.storageState === "restoring" || session.storagePolicy === "discard") return false;
  // A volume that is lost or terminating is judged by looking at the volume itself.
  if (session.storagePvcPhase === "Lost" || session.storagePvcPhase === "Terminating") return false;
  return hasArchivers(ctx, session) && wasUsed(session) && !hasCurrentArchive(session);
}

/**
 * Returns how many archives this collection may order. A failing order is retried for a long time and must not stop
 * others.
 */
export async function readOrderAllowance(ctx: ServiceContext): Promise<OrderAllowance> {
  const [open] = await ctx.db
    .select({ all: count(), untried: sql<number>`count(*) filter (where ${isNull(archiveOrders.failure)})::int` })
    .from(archiveOrders)
    .where(eq(archiveOrders.orderedBy, "collection"));
  const { all = 0, untried = 0 } = open ?? {};
  return { orders: Math.min(ORDERS_MAX - untried, ORDERS_WITH_FAILED_MAX - all) };
}
