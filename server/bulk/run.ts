import { asc, eq, getTableColumns, isNull, sql } from "drizzle-orm";
import { passesByItself, type Reason } from "@/contract/errors";
import { BULK_KEPT_DAYS } from "@/contract/words";
import {
  type BulkPlace,
  endPlace,
  lockOpenPlace,
  type OpenPlace,
  readOpenPlaces,
  removeOldBulk,
} from "@/db/queries/bulk";
import { type BulkActionRow, bulkActions } from "@/db/schema";
import { type Actor, inTx, type ServiceContext, type TxContext } from "@/server/context";
import { toAgentRunError } from "@/server/errors";
import type { Item, ItemOutcome } from "./kind";
import { KINDS } from "./kinds";

/**
 * How many bulk actions one pass continues, and how many targets of each: so they take turns, each tenant's oldest
 * first.
 */
const ACTIONS_MAX = 20;
const BATCH = 50;
/** Targets of a batch that the database has no time for, before the batch ends: each of them may take seconds. */
const BUSY_MAX = 3;
export const KEPT_MS = BULK_KEPT_DAYS * 86_400_000;
const REMOVED_MAX = 5_000;
/**
 * What one action may need while another does not. If the database or this server is unavailable, every action has to
 * wait.
 */
const AWAY_FOR_ONE = new Set<Reason>([
  "executor-unavailable",
  "worker-unavailable",
  "archive-unavailable",
  "volume-going",
]);

/**
 * Runs one pass over the bulk actions that have not ended. Each target is handled in one transaction with its outcome
 * and the counters, in the name of the person who asked. Whenever this process dies, no target is handled twice and
 * none is left out. Returns how many targets were handled.
 */
export async function runBulkActions(ctx: ServiceContext): Promise<number> {
  const turns = ctx.db.$with("turns").as(
    ctx.db
      .select({
        id: bulkActions.id,
        turn: sql<number>`row_number() over (partition by ${bulkActions.tenantId} order by ${bulkActions.createdAt})`.as(
          "turn",
        ),
      })
      .from(bulkActions)
      .where(isNull(bulkActions.endedAt)),
  );
  const open = await ctx.db
    .with(turns)
    .select({ bulk: getTableColumns(bulkActions) })
    .from(bulkActions)
    .innerJoin(turns, eq(turns.id, bulkActions.id))
    .orderBy(asc(turns.turn), asc(bulkActions.createdAt))
    .limit(ACTIONS_MAX);
  let processed = 0;
  for (const { bulk } of open) {
    try {
      processed += await runBatch({ ...ctx, actor: askerOf(bulk) }, bulk);
    } catch (error) {
      // What an action needs may be unavailable for long: the action waits and holds up no other.
      if (!AWAY_FOR_ONE.has(toAgentRunError(error).reason)) throw error;
      ctx.log.warn({ err: error, bulkId: bulk.id }, "bulk action is waiting: a dependency is unavailable");
    }
  }
  // This wakes this loop too, which continues at once.
  if (processed > 0) ctx.wake("bulk");
  return processed;
}

/** Removes bulk actions that ended long ago, with the outcomes of their targets. Returns how many rows were removed. */
export function removeEndedBulk(ctx: ServiceContext): Promise<number> {
  return inTx(ctx, (ctx) => removeOldBulk(ctx.db, KEPT_MS, REMOVED_MAX));
}

/** Returns the person who asked, with only the rights that this needed: an operator of the action's tenant. */
function askerOf({ createdBy, tenantId }: BulkActionRow): Actor {
  const name = createdBy.slice(createdBy.indexOf(":") + 1);
  if (createdBy.startsWith("system:")) return { kind: "system", name, tenantId: null };
  return { kind: "operator", name, role: "operator", tenantId, tokenId: null };
}

async function runBatch(ctx: ServiceContext, bulk: BulkActionRow): Promise<number> {
  let processed = 0;
  let busy = 0;
  try {
    for (const open of await readOpenPlaces(ctx.db, bulk.id, BATCH)) {
      if (await processItem(ctx, bulk, open)) processed += 1;
      else busy += 1;
      if (busy === BUSY_MAX) break;
    }
  } catch (error) {
    if (!(error instanceof BulkOver)) throw error;
  }
  return processed;
}

/** The action was aborted while a target was being handled; that target's change is rolled back. */
class BulkOver extends Error {}

/** Handles a target; false: the database had no time for it, and the next pass tries it again. */
async function processItem(ctx: ServiceContext, bulk: BulkActionRow, { place, ...open }: OpenPlace): Promise<boolean> {
  const at = { bulkId: bulk.id, place };
  const item: Item = { ...bulk, ...open };
  let outcome: ItemOutcome | null;
  try {
    const kind = KINDS[bulk.kind];
    const act = (await kind.prepare?.(ctx, item)) ?? kind.act;
    outcome = await inTx(ctx, (ctx) => end(ctx, at, (ctx) => act(ctx, item)));
  } catch (error) {
    if (error instanceof BulkOver) throw error;
    const fault = toAgentRunError(error);
    // One target may be held or too large: it holds up no other.
    if (fault.reason === "database-busy") {
      ctx.log.warn(
        { err: error, ...at, ...open },
        "a bulk action's target is waiting: the database had no time for it",
      );
      return false;
    }
    // Nothing is wrong with the target: the next pass tries again.
    if (passesByItself(fault.reason)) throw error;
    if (fault.reason === "unexpected") ctx.log.error({ err: error, ...at, ...open }, "bulk action failed");
    await inTx(ctx, (ctx) => end(ctx, at, async () => ({ outcome: "refused", message: fault.message })));
    return true;
  }
  await finish(ctx, at, outcome);
  return true;
}

/** Runs what follows the commit. A failure is left to the repair; the target is recorded as done. */
async function finish(ctx: ServiceContext, at: BulkPlace, outcome: ItemOutcome | null): Promise<void> {
  try {
    await outcome?.after?.(ctx);
  } catch (error) {
    ctx.log.warn({ err: error, ...at }, "follow-up of a bulk action's batch failed: left to the repair");
  }
}

async function end(
  ctx: TxContext,
  at: BulkPlace,
  act: (ctx: TxContext) => Promise<ItemOutcome>,
): Promise<ItemOutcome | null> {
  // Another worker, which has become leader, may have handled the target.
  if (!(await lockOpenPlace(ctx.db, at))) return null;
  const outcome = await act(ctx);
  if (!(await endPlace(ctx.db, at, outcome))) throw new BulkOver("the bulk action has been aborted");
  return outcome;
}
