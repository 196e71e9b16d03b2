import { and, eq, getTableColumns, sql } from "drizzle-orm";
import type { Blocker } from "@/contract/queue";
import {
  GRAPH_COUNTED_MAX,
  GRAPH_TASKS_MAX,
  type GraphTask,
  type TaskGraph,
  type TaskGraphInput,
} from "@/contract/queue-graph";
import { type Neighbours, readNeighbours, walkAround, walkGraph } from "@/db/queries/queue/graph";
import { textArray } from "@/db/queries/sql/arrays";
import { queueAttempts, queueTasks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { iso } from "@/server/stored";
import { dueAt } from "@/server/task-attempts";
import { layersOf } from "./graph-layers";
import { inScope, ownTask } from "./scope";
import { isTerminalTask } from "./task";
import { readWaitReasons } from "./wait-reasons";

/**
 * Returns a task with all tasks that are connected to it by dependencies: those that it depends on and those that
 * depend on it, over any number of steps, the nearest first; then, where there is room, the other neighbours of those.
 * It takes a few statements, which read about as much as is returned, however large the whole graph is.
 */
export async function taskGraph(ctx: ServiceContext, { taskId }: TaskGraphInput): Promise<TaskGraph> {
  const [root] = await ctx.db
    .select({ id: queueTasks.id, tenantId: queueTasks.tenantId })
    .from(queueTasks)
    .where(ownTask(ctx, taskId));
  if (!root) throw new NotFoundError("queue task", taskId);
  const rows = await readRows(ctx, root.tenantId, await chooseTaskIds(ctx, root.id));
  const shown = new Map(rows.map((row) => [row.id, row]));
  const neighbours = await readNeighbours(ctx.db, [...shown.keys()], GRAPH_COUNTED_MAX + GRAPH_TASKS_MAX);
  const before = new Map(neighbours.map(({ id, before }) => [id, before.filter((other) => shown.has(other))]));
  const layers = layersOf(before);
  const reasons = await readWaitReasons(ctx, rows);
  const afterShown = new Map<string, number>();
  for (const id of [...before.values()].flat()) afterShown.set(id, (afterShown.get(id) ?? 0) + 1);
  const tasks = neighbours.flatMap((found) => {
    const row = shown.get(found.id);
    if (row === undefined) return [];
    const dependsOn = before.get(row.id) ?? [];
    const order = { layer: layers.get(row.id) ?? 0, dependsOn, afterShown: afterShown.get(row.id) ?? 0 };
    return [toGraphTask(row, reasons.get(row.id) ?? null, found, order)];
  });
  tasks.sort((a, b) => a.layer - b.layer || compareText(a.createdAt, b.createdAt) || compareText(a.taskId, b.taskId));
  const isTruncated = tasks.some(({ moreBefore, moreAfter }) => moreBefore + moreAfter > 0);
  return { taskId: root.id, tasks, isTruncated };
}

/**
 * Chooses the tasks to return. If not all fit, at least half are tasks that the given one depends on, or all of those
 * if they are fewer.
 */
async function chooseTaskIds(ctx: ServiceContext, taskId: string): Promise<string[]> {
  const slots = GRAPH_TASKS_MAX - 1;
  const { before, after } = await walkGraph(ctx.db, taskId, slots);
  const beforeCount = Math.min(before.length, Math.max(slots - after.length, Math.ceil(slots / 2)));
  const nearest = [taskId, ...before.slice(0, beforeCount), ...after.slice(0, slots - beforeCount)];
  // Otherwise the rest of the room would be filled with neighbours of the nearest tasks.
  if (before.length + after.length >= slots) return nearest;
  return walkAround(ctx.db, nearest, GRAPH_TASKS_MAX);
}

/** Leaves out the columns that may be long. */
const {
  payload: _payload,
  referencesJson: _references,
  metadata: _metadata,
  latestAttempt: _latestAttempt,
  ...COLUMNS
} = getTableColumns(queueTasks);

function readRows(ctx: ServiceContext, tenantId: string, taskIds: string[]) {
  const attempts = queueAttempts;
  return ctx.db
    .select({ ...COLUMNS, startedAt: attempts.startedAt, attemptEndedAt: attempts.endedAt })
    .from(queueTasks)
    .leftJoin(attempts, and(eq(attempts.taskId, queueTasks.id), eq(attempts.attempt, queueTasks.attemptCount)))
    .where(and(inScope(ctx, { tenantId }), sql`${queueTasks.id} = any(${textArray(taskIds)})`));
}
type Row = Awaited<ReturnType<typeof readRows>>[number];
type Order = { layer: number; dependsOn: string[]; afterShown: number };

function toGraphTask(row: Row, blocker: Blocker | null, found: Neighbours, order: Order): GraphTask {
  const hasEnded = isTerminalTask(row.state);
  return {
    taskId: row.id,
    title: row.title,
    state: row.state,
    queue: row.queue,
    lane: row.lane,
    backendProfile: row.backendProfile,
    sessionId: row.sessionId,
    concurrencyKey: row.concurrencyKey,
    attemptCount: row.attemptCount,
    failureKind: row.failureKind,
    deadLetter: row.deadLetter,
    nextAttemptAt: row.state === "pending" ? iso(dueAt(row.notBefore)) : null,
    parkedAt: iso(row.parkedAt),
    cancelRequestedAt: iso(row.cancelRequestedAt),
    createdAt: iso(row.createdAt),
    startedAt: row.state === "pending" ? null : iso(row.startedAt),
    // A task that never had an attempt ended when it was last changed.
    endedAt: hasEnded ? iso(row.attemptEndedAt ?? row.cancelledAt ?? row.updatedAt) : null,
    blocker: blocker === null ? null : briefBlocker(blocker),
    layer: order.layer,
    dependsOn: order.dependsOn,
    onDependencyFailed: found.onFailed,
    moreBefore: found.before.length - order.dependsOn.length,
    moreAfter: Math.min(GRAPH_COUNTED_MAX, found.afterCount - order.afterShown),
  };
}

function briefBlocker({ holders: _holders, dependencies, ...blocker }: Blocker): GraphTask["blocker"] {
  return { ...blocker, dependencyCount: dependencies?.count ?? null };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
