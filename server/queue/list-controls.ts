import { and, eq, or } from "drizzle-orm";
import {
  ALL_TENANTS,
  type ListControlsInput,
  type QueueControl,
  type QueueControlList,
  WHOLE_QUEUE,
} from "@/contract/queue-control";
import { isActiveTask } from "@/contract/words";
import type { TaskCount } from "@/db/queries/queue/counts";
import { type OldestTask, readOldestTasks } from "@/db/queries/queue/oldest";
import { type QueueControlRow, queueControls } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { toControl } from "./control";
import { countTasks } from "./stats";

/**
 * Lists queues and lanes that have a control or tasks, each queue before its lanes, with how many tasks wait and run
 * and since when the oldest has waited.
 */
export async function listControls(ctx: ServiceContext, input: ListControlsInput): Promise<QueueControlList> {
  const tenantId = tenantOf(ctx) ?? input.tenantId;
  const counts = await countTasks(ctx, input);
  const rows = await ctx.db
    .select()
    .from(queueControls)
    .where(
      and(
        tenantId === undefined
          ? undefined
          : or(eq(queueControls.tenantId, tenantId), eq(queueControls.tenantId, ALL_TENANTS)),
        input.queue === undefined ? undefined : eq(queueControls.queue, input.queue),
      ),
    );
  const owner = tenantId ?? ALL_TENANTS;
  const places = new Map(rows.map((row) => [keyOf(row), row]));
  for (const { queue, lane } of counts) {
    for (const place of [WHOLE_QUEUE, lane]) {
      const row = defaultControl({ tenantId: owner, queue, lane: place });
      if (!places.has(keyOf(row))) places.set(keyOf(row), row);
    }
  }
  const sums = sumByPlace(counts);
  const oldest = await readOldestTasks(ctx.db, waitingQueues(counts));
  for (const task of oldest) applyOldest(sums, task);
  clearIncompleteOldest(sums, counts, oldest);
  const items = [...places.values()].map((row) => toItem(row, sums));
  return { items: items.sort(compareControls) };
}

/** Returns the control of a place for which nothing was set: open and without limits. */
function defaultControl(place: Pick<QueueControlRow, "tenantId" | "queue" | "lane">): QueueControlRow {
  return {
    ...place,
    maxRunning: null,
    keyMaxRunning: null,
    weight: null,
    startsMax: null,
    startsWindowSeconds: null,
    state: "open",
    reason: null,
    version: 0,
    updatedAt: new Date(0),
    updatedBy: null,
  };
}

type Tasks = { waiting: number; running: number; oldestSince: string | null };

/** Returns the queues of each tenant in which something waits. */
function waitingQueues(counts: TaskCount[]): { tenantId: string; queue: string }[] {
  const waiting = counts.filter(({ state, tasks }) => state === "pending" && tasks > 0);
  const queues = new Map(
    waiting.map(({ tenantId, queue }) => [JSON.stringify([tenantId, queue]), { tenantId, queue }]),
  );
  return [...queues.values()];
}

/**
 * Clears the oldest time of all-tenants sums that include a lane whose oldest task was not read: that lane may hold an
 * older task.
 */
function clearIncompleteOldest(sums: Map<string, Tasks>, counts: TaskCount[], oldest: OldestTask[]): void {
  const readKeys = new Set(oldest.map(keyOf));
  for (const count of counts) {
    if (count.state !== "pending" || count.tasks <= 0 || readKeys.has(keyOf(count))) continue;
    const sum = sums.get(keyOf({ ...count, tenantId: ALL_TENANTS }));
    if (sum !== undefined) sum.oldestSince = null;
  }
}

function applyOldest(sums: Map<string, Tasks>, { tenantId, queue, lane, sinceMs }: OldestTask): void {
  const since = new Date(sinceMs).toISOString();
  for (const owner of [tenantId, ALL_TENANTS]) {
    for (const place of [lane, WHOLE_QUEUE]) {
      const sum = sums.get(keyOf({ tenantId: owner, queue, lane: place }));
      if (sum !== undefined && (sum.oldestSince ?? since) >= since) sum.oldestSince = since;
    }
  }
}

/** Sums the tasks of every place that may have a control: lane and whole queue, of one tenant and of all. */
function sumByPlace(counts: TaskCount[]): Map<string, Tasks> {
  const sums = new Map<string, Tasks>();
  for (const { tenantId, queue, lane, state, tasks } of counts) {
    for (const owner of [tenantId, ALL_TENANTS]) {
      for (const place of [lane, WHOLE_QUEUE]) {
        const key = keyOf({ tenantId: owner, queue, lane: place });
        const sum = sums.get(key) ?? { waiting: 0, running: 0, oldestSince: null };
        if (state === "pending") sum.waiting += tasks;
        if (isActiveTask(state)) sum.running += tasks;
        sums.set(key, sum);
      }
    }
  }
  return sums;
}

function toItem(row: QueueControlRow, sums: Map<string, Tasks>): QueueControl {
  const control = toControl(row, sums.get(keyOf(row)));
  return row.version === 0 ? { ...control, updatedAt: null } : control;
}

function keyOf({ tenantId, queue, lane }: Pick<QueueControlRow, "tenantId" | "queue" | "lane">): string {
  return JSON.stringify([tenantId, queue, lane]);
}

function compareControls(left: QueueControl, right: QueueControl): number {
  const order = [left.queue, left.lane ?? "", left.tenantId] as const;
  const other = [right.queue, right.lane ?? "", right.tenantId] as const;
  const at = order.findIndex((part, index) => part !== other[index]);
  if (at === -1) return 0;
  return (order[at] ?? "") < (other[at] ?? "") ? -1 : 1;
}
