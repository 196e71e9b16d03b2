import { count, eq, isNull, sql } from "drizzle-orm";
import { archiveOrders, type SessionRow } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { reasonOf } from "./archive-order";
import { hasArchivers } from "./archive-volume";
import type { Candidate } from "./candidates";
import { type Collected, MADE_FIRST } from "./collect-one";
import type { StorageFacts } from "./facts";
import { foreseeKeeper } from "./foresee-keeper";
import { hasCurrentArchive, keeperOf, wasUsed } from "./keeper";

/** Archives that collections have ordered and that nobody has tried to make yet, at most: four are made at once. */
export const ORDERS_MAX = 100;
/** With those that failed and are tried again. */
const ORDERS_WITH_FAILED_MAX = 1_000;
const ORDERS_FULL = `archive-waiting: ${ORDERS_MAX} archives that collections ordered are made first`;

/** What a collection may still order. */
export type Room = { orders: number };

/**
 * What the page's rows tell of a candidate; null for one that has to be locked and judged by itself. Most of those that
 * are kept are answered here, above all those whose archive is being made, which may be many and for long.
 */
export function foresee(
  ctx: ServiceContext,
  { session, facts }: Candidate,
  { dryRun, room }: { dryRun: boolean; room: Room },
): Collected | null {
  const isArchiving = session.storageState === "archiving";
  // One that is kept after all has to be called live again.
  const keeper = isArchiving ? null : foreseeKeeper(ctx, session, facts);
  if (keeper !== null) return { outcome: "kept", reason: keeper };
  if (!needsArchiver(ctx, session) || keeperOf(session, facts.openRun) !== null) return null;
  const { archiveOrder } = facts;
  if (archiveOrder === null || !facts.isOrderCurrent)
    return dryRun || room.orders > 0 ? null : { outcome: "kept", reason: ORDERS_FULL };
  return isArchiving ? foreseeOrdered(archiveOrder, dryRun) : null;
}

function foreseeOrdered(order: NonNullable<StorageFacts["archiveOrder"]>, dryRun: boolean): Collected {
  if (dryRun && order.failure === null) return { outcome: "evicted", reason: MADE_FIRST };
  return { outcome: "kept", reason: reasonOf(order) };
}

/** Whether only a process beside the volume can make the archive that it has to have. */
function needsArchiver(ctx: ServiceContext, session: SessionRow): boolean {
  if (session.storageState === "restoring" || session.storagePolicy === "discard") return false;
  // What is lost or going is judged by a look at the volume itself.
  if (session.storagePvcPhase === "Lost" || session.storagePvcPhase === "Terminating") return false;
  return hasArchivers(ctx, session) && wasUsed(session) && !hasCurrentArchive(session);
}

/** How many archives this collection may order. A failing one is tried again for long, and must stop no other. */
export async function readRoom(ctx: ServiceContext): Promise<Room> {
  const [open] = await ctx.db
    .select({ all: count(), untried: sql<number>`count(*) filter (where ${isNull(archiveOrders.failure)})::int` })
    .from(archiveOrders)
    .where(eq(archiveOrders.orderedBy, "collection"));
  const { all = 0, untried = 0 } = open ?? {};
  return { orders: Math.min(ORDERS_MAX - untried, ORDERS_WITH_FAILED_MAX - all) };
}
