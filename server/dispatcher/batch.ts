import { and, eq, inArray } from "drizzle-orm";
import {
  type Lane,
  lockDispatch,
  noteBlocked,
  type ReadyLane,
  type ReadyTask,
  readHeads,
  readReadyLanes,
} from "@/db/queries/queue-dispatch";
import { type QueueTaskRow, queueTasks } from "@/db/schema";
import type { TxContext } from "@/server/context";
import type { VolumelessSession } from "@/server/sessions";
import { refuseTask } from "@/server/task-attempts";
import { type Choice, chooseTasks, type ServedAt } from "./choose";
import { type Capacity, readBusy, readFacts } from "./facts";
import { keyOf, Room } from "./room";
import { startRuns } from "./start-runs";

/** A lane's heads that are looked at: a few at first, and at most a few more than a batch, since some may be blocked. */
const HEADS_MIN = 8;
const HEADS_MARGIN = 20;
/** Tenants whose heads are looked at together, beside as many as a batch has tasks: no choice reaches further. */
const TENANTS_MARGIN = 10;

type Facts = Awaited<ReturnType<typeof readFacts>>;
export type Batch = { chosen: number; started: number; blocked: number; made: VolumelessSession[] };

/**
 * Dispatches up to `max` tasks in the caller's transaction. `taken` is told which, before anything is made of them: when
 * that fails, the caller knows of what. What is `skipped` is passed over.
 */
export async function dispatchBatch(
  ctx: TxContext,
  capacity: Capacity,
  { max, taken, skipped }: { max: number; taken: string[]; skipped: ReadonlySet<string> },
): Promise<Batch> {
  await lockDispatch(ctx.db);
  // From here on in statements that began after the lock was had: what another batch took is counted.
  const facts = await readFacts(ctx, capacity);
  const open = new Room({ ...facts, busySessions: new Map() });
  if (open.free === 0) return { chosen: 0, started: 0, blocked: 0, made: [] };
  const lanes = (await readReadyLanes(ctx.db)).filter((lane) => open.laneBlock(lane) === null);
  const { chosen, blocked } = await chooseFrom(ctx, facts, { lanes, max, room: open, skipped });
  await noteBlocked(ctx.db, blocked);
  taken.splice(0, taken.length, ...chosen.map(({ id }) => id));
  if (chosen.length === 0) return { chosen: 0, started: 0, blocked: blocked.length, made: [] };
  const { started, made } = await dispatchChosen(ctx, chosen);
  return { chosen: chosen.length, started, blocked: blocked.length, made };
}

/** Chooses among the tenants that come first, and goes on to the next where those have nothing that may go. */
async function chooseFrom(
  ctx: TxContext,
  facts: Facts,
  { lanes, max, room, skipped }: { lanes: ReadyLane[]; max: number; room: Room; skipped: ReadonlySet<string> },
): Promise<Choice> {
  const tenants = [...new Set(lanes.map(({ tenantId }) => tenantId))];
  const servedAt = servedAtOf(lanes);
  const needs = new Map(tenants.map((id) => [id, { share: room.shareOf(id), servedAt: 0 }]));
  for (const lane of lanes) {
    const need = needs.get(lane.tenantId);
    if (need) need.servedAt = Math.max(need.servedAt, servedAt(lane));
  }
  tenants.sort((left, right) => {
    const [one, other] = [needs.get(left), needs.get(right)];
    return (one?.share ?? 0) - (other?.share ?? 0) || (one?.servedAt ?? 0) - (other?.servedAt ?? 0);
  });
  const none: Choice = { chosen: [], blocked: [] };
  for (let first = 0; first < tenants.length; first += max + TENANTS_MARGIN) {
    const near = new Set(tenants.slice(first, first + max + TENANTS_MARGIN));
    const choice = await chooseAmong(ctx, facts, {
      ...{ lanes: lanes.filter(({ tenantId }) => near.has(tenantId)), max, servedAt, skipped },
    });
    // Blocked ones are noted first: the next batch sees what lies behind them.
    if (choice.chosen.length > 0 || choice.blocked.length > 0) return choice;
  }
  return none;
}

function servedAtOf(lanes: ReadyLane[]): ServedAt {
  const served = new Map(lanes.map((lane) => [keyOf("lane", lane.tenantId, lane.queue, lane.lane), lane.servedAtMs]));
  return ({ tenantId, queue, lane }) => served.get(keyOf("lane", tenantId, queue, lane)) ?? 0;
}

/** Reads as many heads of each lane as the choice needs: where it came to the end of some, it is made anew from more. */
async function chooseAmong(
  ctx: TxContext,
  facts: Facts,
  { lanes, max, servedAt, skipped }: { lanes: Lane[]; max: number; servedAt: ServedAt; skipped: ReadonlySet<string> },
): Promise<Choice> {
  const most = max + HEADS_MARGIN;
  for (let each = Math.max(HEADS_MIN, Math.ceil((2 * max) / Math.max(1, lanes.length))); ; each *= 4) {
    const read = await readHeads(ctx.db, lanes, Math.min(each, most));
    const heads = read.filter(({ id }) => !skipped.has(id));
    const room = new Room({ ...facts, busySessions: await readBusy(ctx, heads) });
    const choice = chooseTasks(heads, room, max, servedAt);
    if (each >= most || !isCutShort(heads, choice, each)) return choice;
  }
}

/** Whether all heads of a lane were used, and it may have more. */
function isCutShort(heads: ReadyTask[], { chosen, blocked }: Choice, each: number): boolean {
  const used = new Set([...chosen, ...blocked.map(({ task }) => task)].map(({ id }) => id));
  const left = new Map<string, number>();
  for (const { tenantId, queue, lane, id } of heads) {
    const place = keyOf("lane", tenantId, queue, lane);
    const counts = left.get(place) ?? each;
    left.set(place, used.has(id) ? counts - 1 : counts);
  }
  return [...left.values()].includes(0);
}

async function dispatchChosen(
  ctx: TxContext,
  chosen: ReadyTask[],
): Promise<{ started: number; made: VolumelessSession[] }> {
  const heads = new Map(chosen.map((head) => [head.id, head]));
  const locked = await ctx.db
    .select()
    .from(queueTasks)
    .where(and(inArray(queueTasks.id, [...heads.keys()]), eq(queueTasks.state, "pending")))
    .orderBy(queueTasks.id)
    // One that somebody changes in this moment is looked at again in the next pass.
    .for("no key update", { skipLocked: true });
  const tasks = locked.filter((task) => isStill(task, heads.get(task.id)));
  if (tasks.length === 0) return { started: 0, made: [] };
  const { started, refused, madeSessions } = await startRuns(ctx, tasks);
  for (const { task, message } of refused) await refuseTask(ctx, task, message);
  ctx.wake("queue");
  return { started, made: madeSessions };
}

/** Whether a task, now that it is locked, is still what the limits were judged by. */
function isStill(task: QueueTaskRow, head: ReadyTask | undefined): boolean {
  return (
    head !== undefined &&
    task.queue === head.queue &&
    task.lane === head.lane &&
    task.sessionId === head.sessionId &&
    task.concurrencyKey === head.concurrencyKey &&
    task.notBefore === null &&
    task.blockedOn === null &&
    (task.expiresAt === null || task.expiresAt > new Date())
  );
}
