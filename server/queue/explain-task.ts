import { sql } from "drizzle-orm";
import type { Blocker, ExplainTaskInput, TaskExplanation } from "@/contract/queue";
import type { Rate } from "@/db/queries/queue/rates";
import { type QueueTaskRow, queueTasks } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { LimitLedger, readLimits } from "@/server/dispatcher";
import { NotFoundError } from "@/server/errors";
import { ownTask } from "./scope";
import { readWaitReasons, tellableUntil } from "./wait-reasons";

/** How many tasks before one are counted at most: further back, the exact place means nothing to anybody. */
const RANK_MAX = 10_000;
/** How many starts of a lane its pace is read from. */
const STARTS_MAX = 100;

/**
 * Returns why a task waits, how many tasks of its lane come before it, and when it may start at the lane's recent pace.
 */
export async function explainTask(ctx: ServiceContext, { taskId }: ExplainTaskInput): Promise<TaskExplanation> {
  const [task] = await ctx.db.select().from(queueTasks).where(ownTask(ctx, taskId));
  if (!task) throw new NotFoundError("queue task", taskId);
  const blocker = (await readWaitReasons(ctx, [task])).get(task.id) ?? null;
  if (task.state !== "pending")
    return { taskId, state: task.state, blocker, rank: null, isRankBounded: false, estimatedStartAt: null };
  return { taskId, state: task.state, blocker, ...(await findPosition(ctx, task, blocker)) };
}

type PositionedTask = Pick<QueueTaskRow, "id" | "tenantId" | "queue" | "lane" | "priority" | "blockedOn">;
type QueuePosition = Pick<TaskExplanation, "rank" | "isRankBounded" | "estimatedStartAt">;

/**
 * Returns how many tasks come before a waiting one, and when it may start. A task that is not stored counts as the last
 * of its priority.
 */
export async function findPosition(
  ctx: ServiceContext,
  task: PositionedTask,
  blocker: Blocker | null,
): Promise<QueuePosition> {
  const before = await countBefore(ctx, task);
  const perTaskMs = await readPace(ctx, task);
  const nowMs = Date.now();
  const fromMs = Math.max(nowMs, blocker?.until ? Date.parse(blocker.until) : 0);
  const isOpen =
    blocker === null ||
    ![
      ...["dependency-failed", "dependency", "paused", "parked", "session-evicted", "budget-reached"],
      "not-dispatched",
    ].includes(blocker.kind);
  const { ofLane, ofQueue } = await readRates(ctx, task);
  const starts = ofLane.flatMap((rate) => rateAllowsAtMs(rate, before, nowMs) ?? []);
  if (ofQueue.length > 0) {
    const inQueue = Math.max(before, await countReadyBefore(ctx, task));
    starts.push(...ofQueue.flatMap((rate) => rateAllowsAtMs(rate, inQueue, nowMs) ?? []));
  }
  if (perTaskMs !== null) starts.push(fromMs + before * perTaskMs);
  const lastMs = Math.max(fromMs, ...starts);
  const estimatedStartAt =
    isOpen && starts.length > 0
      ? tellableUntil(new Date(lastMs).toISOString(), ofLane.length + ofQueue.length > 0 ? tenantOf(ctx) : null)
      : (blocker?.until ?? null);
  return { rank: before + 1, isRankBounded: before >= RANK_MAX, estimatedStartAt };
}

async function readRates(ctx: ServiceContext, task: PositionedTask): Promise<ReturnType<LimitLedger["ratesOf"]>> {
  if (ctx.settings.executor === "none") return { ofLane: [], ofQueue: [] };
  const facts = await readLimits(ctx, { runnersMax: ctx.settings.runnersMax });
  return new LimitLedger({ ...facts, busySessions: new Map() }).ratesOf(task);
}

/**
 * Returns when a rate lets a task start that has `before` others before it, window by window; null: it fits into what
 * is left.
 */
function rateAllowsAtMs(rate: Rate, before: number, nowMs: number): number | null {
  const { startsMax, startsWindowSeconds, used, freesAtMs } = rate;
  const windowMs = startsWindowSeconds * 1_000;
  const overflow = before - Math.max(0, startsMax - used);
  return overflow < 0 ? null : (freesAtMs ?? nowMs + windowMs) + Math.floor(overflow / startsMax) * windowMs;
}

async function countBefore(ctx: ServiceContext, task: PositionedTask): Promise<number> {
  // Each part is one range of an index: of ready tasks, or of tasks that wait for the same thing as this one.
  const inLane = sql`other.tenant_id = ${task.tenantId} and other.queue = ${task.queue} and other.lane = ${task.lane}
    and other.state = 'pending' and other.not_before is null
    and other.blocked_on ${task.blockedOn === null ? sql`is null` : sql`= ${task.blockedOn}`}`;
  const { rows } = await ctx.db.execute<{ before: number }>(sql`
    select count(*)::int as before from (
      select from agentrun_queue_tasks other where ${inLane} and other.priority > ${task.priority}
      union all
      select from agentrun_queue_tasks other where ${inLane} and other.priority = ${task.priority}
        and (other.created_at, other.id) < (
          coalesce((select created_at from agentrun_queue_tasks where id = ${task.id}), clock_timestamp()), ${task.id})
      limit ${RANK_MAX}) counted`);
  return rows[0]?.before ?? 0;
}

/**
 * Counts, among ready tasks of a tenant's queue in any lane, those before one by priority and age, within the bound.
 */
async function countReadyBefore(ctx: ServiceContext, task: PositionedTask): Promise<number> {
  const { rows } = await ctx.db.execute<{ before: number }>(sql`
    select count(*)::int as before from (
      select priority, created_at, id from agentrun_queue_tasks
      where tenant_id = ${task.tenantId} and queue = ${task.queue}
        and state = 'pending' and not_before is null and blocked_on is null
      limit ${RANK_MAX}) other
    where other.priority > ${task.priority} or other.priority = ${task.priority} and (other.created_at, other.id) < (
      coalesce((select created_at from agentrun_queue_tasks where id = ${task.id}), clock_timestamp()), ${task.id})`);
  return rows[0]?.before ?? 0;
}

/** Returns the milliseconds between two recent starts in the task's lane; null: there were too few starts to tell. */
async function readPace(ctx: ServiceContext, task: PositionedTask): Promise<number | null> {
  const { rows } = await ctx.db.execute<{ starts: number; ms: number | null }>(sql`
    select count(*)::int as starts, (extract(epoch from clock_timestamp() - min(dispatched_at)) * 1000)::float8 as ms
    from (
      select dispatched_at from agentrun_queue_attempts
      where queue = ${task.queue} and lane = ${task.lane} and tenant_id = ${task.tenantId}
        and dispatched_at > (select clock_timestamp() - interval '1 hour')
      order by dispatched_at desc limit ${STARTS_MAX}) recent`);
  const { starts = 0, ms = null } = rows[0] ?? {};
  return starts < 2 || ms === null ? null : ms / starts;
}
