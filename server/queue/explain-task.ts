import { sql } from "drizzle-orm";
import type { Blocker, ExplainTaskInput, TaskExplanation } from "@/contract/queue";
import type { Rate } from "@/db/queries/queue-rates";
import { type QueueTaskRow, queueTasks } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { Room, readFacts } from "@/server/dispatcher";
import { NotFoundError } from "@/server/errors";
import { ownTask } from "./scope";
import { readWaitReasons, tellableUntil } from "./wait-reasons";

/** Tasks before one that are counted at most: further back, the exact place tells nobody anything. */
const RANK_MAX = 10_000;
/** Starts of a lane that its speed is read from. */
const STARTS_MAX = 100;

/** Why a task waits, how many of its lane come before it, and when it may start by the lane's speed of late. */
export async function explainTask(ctx: ServiceContext, { taskId }: ExplainTaskInput): Promise<TaskExplanation> {
  const [task] = await ctx.db.select().from(queueTasks).where(ownTask(ctx, taskId));
  if (!task) throw new NotFoundError("queue task", taskId);
  const blocker = (await readWaitReasons(ctx, [task])).get(task.id) ?? null;
  if (task.state !== "pending")
    return { taskId, state: task.state, blocker, rank: null, isRankBounded: false, estimatedStartAt: null };
  return { taskId, state: task.state, blocker, ...(await findPlace(ctx, task, blocker)) };
}

type Placed = Pick<QueueTaskRow, "id" | "tenantId" | "queue" | "lane" | "priority" | "blockedOn">;
type Place = Pick<TaskExplanation, "rank" | "isRankBounded" | "estimatedStartAt">;

/** How many come before a waiting task, and when it may start. One that is not stored comes last of its priority. */
export async function findPlace(ctx: ServiceContext, task: Placed, blocker: Blocker | null): Promise<Place> {
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
  const starts = ofLane.flatMap((rate) => letsGoAt(rate, before, nowMs) ?? []);
  if (ofQueue.length > 0) {
    const inQueue = Math.max(before, await countReadyBefore(ctx, task));
    starts.push(...ofQueue.flatMap((rate) => letsGoAt(rate, inQueue, nowMs) ?? []));
  }
  if (perTaskMs !== null) starts.push(fromMs + before * perTaskMs);
  const lastMs = Math.max(fromMs, ...starts);
  const estimatedStartAt =
    isOpen && starts.length > 0
      ? tellableUntil(new Date(lastMs).toISOString(), ofLane.length + ofQueue.length > 0 ? tenantOf(ctx) : null)
      : (blocker?.until ?? null);
  return { rank: before + 1, isRankBounded: before >= RANK_MAX, estimatedStartAt };
}

async function readRates(ctx: ServiceContext, task: Placed): Promise<ReturnType<Room["ratesOf"]>> {
  if (ctx.settings.executor === "none") return { ofLane: [], ofQueue: [] };
  const facts = await readFacts(ctx, { runnersMax: ctx.settings.runnersMax });
  return new Room({ ...facts, busySessions: new Map() }).ratesOf(task);
}

/** When a rate lets a task go that stands behind so many others, window by window; null: it goes in what is left. */
function letsGoAt(rate: Rate, before: number, nowMs: number): number | null {
  const { startsMax, startsWindowSeconds, used, freesAtMs } = rate;
  const windowMs = startsWindowSeconds * 1_000;
  const behind = before - Math.max(0, startsMax - used);
  return behind < 0 ? null : (freesAtMs ?? nowMs + windowMs) + Math.floor(behind / startsMax) * windowMs;
}

async function countBefore(ctx: ServiceContext, task: Placed): Promise<number> {
  // Each part is one range of the index of what is ready, or of what waits for the same as this one.
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

/** Of the first ready tasks of a tenant's queue, in whatever lane, those that come before one by priority and age. */
async function countReadyBefore(ctx: ServiceContext, task: Placed): Promise<number> {
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

/** Milliseconds between two starts of the task's lane, of late; null where it started too few to say. */
async function readPace(ctx: ServiceContext, task: Placed): Promise<number | null> {
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
