import { asc, isNull } from "drizzle-orm";
import { REASON_STATUS } from "@/contract/errors";
import type { BulkOutcome } from "@/contract/queue-bulk";
import { isActiveTask } from "@/contract/words";
import { type BulkPlace, endPlace, lockOpenPlace, readOpenPlaces, removeOldBulk } from "@/db/queries/queue-bulk";
import { type QueueBulkActionRow, type QueueTaskRow, queueBulkActions } from "@/db/schema";
import { type Actor, inTx, type ServiceContext, type TxContext } from "@/server/context";
import { toAgentRunError } from "@/server/errors";
import { cancelTask } from "./cancel-task";
import { lockTask } from "./lock-task";
import { retryTask } from "./retry-task";
import { updateTask } from "./update-task";

/** Bulk actions that one pass goes on with, the oldest first, and tasks of each of them: so they take turns. */
const ACTIONS_MAX = 20;
const BATCH = 50;
const KEPT_MS = 30 * 86_400_000;
const REMOVED_MAX = 5_000;

/**
 * One pass over the bulk actions that have not ended. Each task is one transaction with its outcome and the counters,
 * by the name of who asked: whenever this dies, no task is dealt with twice and none is left out. Answers how many were
 * dealt with.
 */
export async function runBulkActions(ctx: ServiceContext): Promise<number> {
  const open = await ctx.db
    .select()
    .from(queueBulkActions)
    .where(isNull(queueBulkActions.endedAt))
    .orderBy(asc(queueBulkActions.createdAt))
    .limit(ACTIONS_MAX);
  let dealt = 0;
  for (const bulk of open) dealt += await runBatch({ ...ctx, actor: askerOf(bulk) }, bulk);
  // It wakes this loop too, which goes on at once.
  if (dealt > 0) ctx.wake("queue");
  return dealt;
}

/** Removes bulk actions that ended long ago, with what became of each of their tasks. Answers how many rows went. */
export function removeEndedBulk(ctx: ServiceContext): Promise<number> {
  return inTx(ctx, (ctx) => removeOldBulk(ctx.db, KEPT_MS, REMOVED_MAX));
}

/** Who asked, with the rights that asking needed and no others: an operator, of the tenant alone that it was for. */
function askerOf({ createdBy, tenantId }: QueueBulkActionRow): Actor {
  const name = createdBy.slice(createdBy.indexOf(":") + 1);
  if (createdBy.startsWith("system:")) return { kind: "system", name, tenantId: null };
  return { kind: "operator", name, role: "operator", tenantId, tokenId: null };
}

async function runBatch(ctx: ServiceContext, bulk: QueueBulkActionRow): Promise<number> {
  let dealt = 0;
  for (const { place, taskId } of await readOpenPlaces(ctx.db, bulk.id, BATCH)) {
    const isOpen = await dealWith(ctx, bulk, { place, taskId });
    if (!isOpen) break;
    dealt += 1;
  }
  return dealt;
}

/** It was aborted while a task was dealt with, of which nothing must remain. */
class BulkOver extends Error {}

type Item = { place: number; taskId: string };

/** Deals with one task; false when the action has been aborted. */
async function dealWith(ctx: ServiceContext, bulk: QueueBulkActionRow, { place, taskId }: Item): Promise<boolean> {
  const at = { bulkId: bulk.id, place };
  try {
    await inTx(ctx, (ctx) => end(ctx, at, async () => ({ outcome: await act(ctx, bulk, taskId), message: null })));
  } catch (error) {
    if (error instanceof BulkOver) return false;
    const fault = toAgentRunError(error);
    // The database is in need: the next pass tries again.
    if (REASON_STATUS[fault.reason] === 503) throw error;
    if (fault.reason === "unexpected") ctx.log.error({ err: error, bulkId: bulk.id, taskId }, "a bulk action failed");
    return refuse(ctx, at, fault.message);
  }
  return true;
}

async function refuse(ctx: ServiceContext, at: BulkPlace, message: string): Promise<boolean> {
  try {
    await inTx(ctx, (ctx) => end(ctx, at, async () => ({ outcome: "refused", message })));
  } catch (error) {
    if (error instanceof BulkOver) return false;
    throw error;
  }
  return true;
}

type Outcome = { outcome: BulkOutcome; message: string | null };

async function end(ctx: TxContext, at: BulkPlace, work: () => Promise<Outcome>): Promise<void> {
  // Another worker, which leads by now, may have dealt with it.
  if (!(await lockOpenPlace(ctx.db, at))) return;
  if (!(await endPlace(ctx.db, at, await work()))) throw new BulkOver("the bulk action has been aborted");
}

async function act(ctx: TxContext, bulk: QueueBulkActionRow, taskId: string): Promise<BulkOutcome> {
  const task = await lockTask(ctx, taskId);
  if (isSo(task, bulk)) return "unchanged";
  const place = {
    ...(bulk.queue === null ? {} : { queue: bulk.queue }),
    ...(bulk.lane === null ? {} : { lane: bulk.lane }),
  };
  switch (bulk.action) {
    case "cancel":
      await cancelTask(ctx, { taskId, ...(bulk.reason === null ? {} : { reason: bulk.reason }) });
      break;
    case "retry":
      await retryTask(ctx, { taskId });
      break;
    case "reprioritise":
      await updateTask(ctx, { taskId, priority: bulk.priority ?? task.priority });
      break;
    case "move":
      await updateTask(ctx, { taskId, ...place });
      break;
    default:
      bulk.action satisfies never;
  }
  return "done";
}

/** Whether a task is already what it is to become. */
function isSo(task: QueueTaskRow, { action, priority, queue, lane }: QueueBulkActionRow): boolean {
  switch (action) {
    case "cancel":
      return task.state === "cancelled" || (isActiveTask(task.state) && task.cancelRequestedAt !== null);
    case "retry":
      return task.state === "pending" && task.notBefore === null;
    case "reprioritise":
      return task.priority === priority;
    case "move":
      return (queue ?? task.queue) === task.queue && (lane ?? task.lane) === task.lane;
    default:
      return action satisfies never;
  }
}
