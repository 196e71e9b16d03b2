import { asc, eq, inArray } from "drizzle-orm";
import { expect, test } from "vitest";
import { ON_DEPENDENCY_FAILED } from "@/contract/words";
import { type QueueTaskRow, queueDependencies, queueTasks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isAgentRunError } from "@/server/errors";
import {
  cancelTask,
  foldCounts,
  getTask,
  listTasks,
  queueStats,
  retryTask,
  setControl,
  setControlState,
  updateTask,
} from "@/server/queue";
import { checkHistory } from "./test/check-history";
import { passTime, readHistory, recordHistory } from "./test/history";
import { playOpen } from "./test/players";
import { createTestQueue, type TestQueue } from "./test/queue";

const STEPS = 150;
const TENANTS = ["t1", "t2"];
const LANES = ["a", "b", "c"];
/** Reasons to wait that are the task's own: other tasks of its lane need not wait for them. */
const OWN_BLOCKS = [
  "dependency",
  "dependency-failed",
  "key-limit",
  "session-busy",
  "session-evicted",
  "backend-limit",
  "backend-down",
];

/** Returns a source of choices, the same for the same seed. */
function dice(seed: number) {
  let state = seed;
  const below = (bound: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
  return { below, pick: <T>(values: readonly T[]): T => values[below(values.length)] as T };
}
type Dice = ReturnType<typeof dice>;

async function pickTask(ctx: ServiceContext, roll: Dice): Promise<QueueTaskRow | undefined> {
  return roll.pick(await ctx.db.select().from(queueTasks).orderBy(asc(queueTasks.createdAt), asc(queueTasks.id)));
}

/** What an operator, a program or a runner may do. A refusal is a valid answer. */
const STEPS_BY_NAME: Record<string, (queue: TestQueue, roll: Dice) => Promise<unknown>> = {
  async add({ add, ctx }, roll) {
    const key = roll.below(3) === 0 ? { metadata: { concurrencyKey: `k${roll.below(2)}` } } : {};
    const tenantId = roll.pick(TENANTS);
    const theirs = await ctx.db
      .select({ taskId: queueTasks.id })
      .from(queueTasks)
      .where(eq(queueTasks.tenantId, tenantId))
      .orderBy(asc(queueTasks.createdAt), asc(queueTasks.id));
    const dependsOn = Array.from({ length: 1 + roll.below(2) }, () => roll.pick(theirs));
    const isAfter = theirs.length > 0 && roll.below(2) === 0;
    const after = isAfter ? { dependsOn, onDependencyFailed: roll.pick(ON_DEPENDENCY_FAILED) } : {};
    const session = roll.below(4) === 0 ? { sessionId: `${tenantId}-s${roll.below(2)}` } : {};
    await add({
      tenantId,
      lane: roll.pick(LANES),
      priority: roll.below(3),
      retry: { backoffMs: 0 },
      ...key,
      ...session,
      ...after,
    });
  },
  async end({ ctx }, roll) {
    const active = await ctx.db
      .select()
      .from(queueTasks)
      .where(inArray(queueTasks.state, ["dispatched", "running"]));
    const runId = roll.pick(active)?.runId;
    if (runId) await playOpen(ctx, runId);
  },
  async cancel({ ctx }, roll) {
    const task = await pickTask(ctx, roll);
    if (task) await cancelTask(ctx, { taskId: task.id });
  },
  async retry({ ctx }, roll) {
    const task = await pickTask(ctx, roll);
    if (task) await retryTask(ctx, { taskId: task.id });
  },
  async move({ ctx }, roll) {
    const task = await pickTask(ctx, roll);
    if (task) await updateTask(ctx, { taskId: task.id, priority: roll.below(3), lane: roll.pick(LANES) });
  },
  async letGo({ ctx }, roll) {
    const task = await pickTask(ctx, roll);
    if (!task) return;
    const { dependsOn } = await getTask(ctx, { taskId: task.id });
    const kept = dependsOn.filter(() => roll.below(2) === 0).map(({ taskId }) => ({ taskId }));
    await updateTask(ctx, { taskId: task.id, dependsOn: kept });
  },
  async limit({ ctx }, roll) {
    const owner = roll.below(2) === 0 ? {} : { tenantId: roll.pick(TENANTS) };
    const place = roll.below(3) === 0 ? { keyMaxRunning: 1 + roll.below(2) } : { lane: roll.pick(LANES) };
    await setControl(ctx, { ...owner, ...place, queue: "default", maxRunning: roll.pick([null, null, null, 1, 2]) });
  },
  async rate({ ctx }, roll) {
    const owner = roll.below(2) === 0 ? {} : { tenantId: roll.pick(TENANTS) };
    const place = roll.below(3) === 0 ? {} : { lane: roll.pick(LANES) };
    const none = { startsMax: null, startsWindowSeconds: null };
    const some = { startsMax: 1 + roll.below(4), startsWindowSeconds: 60 * (1 + roll.below(3)) };
    await setControl(ctx, { ...owner, ...place, queue: "default", ...(roll.below(3) === 0 ? none : some) });
  },
  async wait({ store }, roll) {
    const client = await store.database.connect();
    await passTime(client, 10 + roll.below(90));
    await client.end();
  },
  async pause({ ctx }, roll) {
    const place = { queue: "default", lane: roll.pick(LANES) };
    await setControlState(ctx, place, roll.pick(["paused", "open", "open"] as const));
  },
  fold: ({ ctx }) => foldCounts(ctx),
};

async function step(queue: TestQueue, roll: Dice): Promise<void> {
  const name = roll.pick([
    "add",
    "add",
    "add",
    "end",
    "end",
    "cancel",
    "retry",
    "move",
    "move",
    "letGo",
    "limit",
    "rate",
    "wait",
    "wait",
    "pause",
    "fold",
  ]);
  try {
    await STEPS_BY_NAME[name]?.(queue, roll);
  } catch (error) {
    if (!isAgentRunError(error) || error.failureKind === "infra-failed") throw error;
  }
}

const precedes = (task: QueueTaskRow, other: QueueTaskRow) =>
  task.priority !== other.priority
    ? task.priority > other.priority
    : task.createdAt < other.createdAt ||
      (task.createdAt.getTime() === other.createdAt.getTime() && task.id < other.id);

/**
 * Asserts that no task is passed over: each waiting task has a reason, and the reason is its own if a later task of its
 * lane was started.
 */
async function assertOrder(ctx: ServiceContext, before: Set<string>): Promise<void> {
  const { items } = await listTasks(ctx, { limit: 200, state: "pending" });
  const rows = await ctx.db.select().from(queueTasks);
  const byId = new Map(rows.map((row) => [row.id, row]));
  const gone = rows.filter(({ id, state }) => state === "dispatched" && !before.has(id));
  for (const { id, blocker } of items) {
    expect(blocker?.kind, `task ${id} waits for nothing`).not.toBe("next");
    const waiting = byId.get(id);
    if (!waiting || OWN_BLOCKS.includes(blocker?.kind ?? "")) continue;
    // If it waits for a free runner, tasks of all its tenant's lanes are compared with it.
    const isComparable = (task: QueueTaskRow) => blocker?.kind === "capacity" || task.lane === waiting.lane;
    const passed = gone.filter(
      (task) => task.tenantId === waiting.tenantId && isComparable(task) && precedes(waiting, task),
    );
    expect(
      passed.map((task) => task.id),
      `passed over ${id}, which waits for ${blocker?.kind}`,
    ).toEqual([]);
  }
}

/** Finds tasks that are still held although their dependencies have ended in a way that should release or fail them. */
async function forgotten(ctx: ServiceContext): Promise<string[]> {
  const rows = await ctx.db.select().from(queueTasks);
  const states = new Map(rows.map(({ id, state }) => [id, state]));
  const known = await ctx.db.select().from(queueDependencies);
  const hasFailed = (id: string) => ["failed", "cancelled"].includes(states.get(id) ?? "");
  return rows.flatMap((task) => {
    if (task.state !== "pending" || task.notBefore?.getUTCFullYear() !== 9999 || task.parkedAt !== null) return [];
    const own = known.filter(({ taskId }) => taskId === task.id);
    const isFree = own.every(
      ({ dependsOnId, onFailed }) =>
        states.get(dependsOnId) === "completed" || (onFailed === "start" && hasFailed(dependsOnId)),
    );
    const isLost = own.some(({ dependsOnId, onFailed }) => onFailed === "fail" && hasFailed(dependsOnId));
    return isFree || isLost ? [task.id] : [];
  });
}

test.each([1, 2, 3])(
  "random operations in any order violate none of the queue's guarantees (seed %i)",
  { timeout: 120_000 },
  async (seed) => {
    await using queue = await createTestQueue(4);
    const { ctx } = queue;
    const client = await queue.store.database.connect();
    await recordHistory(client);
    const roll = dice(seed);
    for (let steps = 0; steps < STEPS; steps += 1) {
      await step(queue, roll);
      if (roll.below(3) !== 0) continue;
      const active = await ctx.db
        .select({ id: queueTasks.id })
        .from(queueTasks)
        .where(eq(queueTasks.state, "dispatched"));
      await queue.dispatch();
      expect(await forgotten(ctx), "waits for ever").toEqual([]);
      await assertOrder(ctx, new Set(active.map(({ id }) => id)));
      const states = await ctx.db.select({ state: queueTasks.state }).from(queueTasks);
      const recount: Record<string, number> = {};
      for (const { state } of states) recount[state] = (recount[state] ?? 0) + 1;
      expect((await queueStats(ctx, {})).byState).toEqual(recount);
    }
    const history = await readHistory(client);
    expect(history.length).toBeGreaterThan(STEPS / 2);
    expect(checkHistory(history)).toEqual([]);
  },
);
