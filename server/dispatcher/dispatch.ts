import { and, eq, inArray } from "drizzle-orm";
import { insertAttempts } from "@/db/queries/insert-attempts";
import {
  type Lane,
  lockDispatch,
  noteBlocked,
  type ReadyTask,
  readBlockers,
  readHeads,
  readReadyLanes,
  releaseDue,
  unblock,
} from "@/db/queries/queue-dispatch";
import { queueTasks, type SessionRow } from "@/db/schema";
import { actorName } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { newId, newIds } from "@/server/ids";
import { ensureVolume } from "@/server/sessions";
import { refuseTask } from "@/server/task-attempts";
import { type Choice, chooseTasks } from "./choose";
import { expireWaiting } from "./expire";
import { type Capacity, readBusy, readFacts } from "./facts";
import { Room } from "./room";
import { type StartedRun, startRuns } from "./start-runs";

/** Tasks that one transaction dispatches; the more, the longer it holds the others up. */
export const DISPATCH_BATCH = 20;
/** A lane's heads that are looked at: a few at first, and at most a few more than a batch, since some may be blocked. */
const HEADS_MIN = 8;
const HEADS_MARGIN = 20;
const DUE_MAX = 1_000;
/** More than the free slots, since some of those that wait for them may stand in a lane that is full. */
const UNBLOCK_MARGIN = 8;
/** Batches of one pass; what is left then waits for the next, so that a pass ends. */
const BATCHES_MAX = 200;

export type DispatchOptions = Capacity & { batch?: number };
type Facts = Awaited<ReturnType<typeof readFacts>>;
type Batch = { dispatched: number; blocked: number; made: SessionRow[] };

/**
 * One pass of the dispatcher: turns waiting tasks into runs until none may go. Any number of workers may do so at once;
 * each batch is one transaction, one after another. Answers how many were dispatched.
 */
export async function dispatchTasks(ctx: ServiceContext, options: DispatchOptions): Promise<number> {
  await expireWaiting(ctx);
  const max = options.batch ?? DISPATCH_BATCH;
  let dispatched = 0;
  for (let batches = 0; batches < BATCHES_MAX; batches += 1) {
    const batch = await inTx(ctx, (ctx) => dispatchBatch(ctx, options, max));
    dispatched += batch.dispatched;
    await makeVolumes(ctx, batch.made);
    if (batch.dispatched < max && batch.blocked === 0) break;
  }
  return dispatched;
}

async function dispatchBatch(ctx: TxContext, capacity: Capacity, max: number): Promise<Batch> {
  await lockDispatch(ctx.db);
  await releaseDue(ctx.db, DUE_MAX);
  // From here on in statements that began after the lock was had: what another batch took is counted.
  const facts = await readFacts(ctx, capacity);
  await unblockFree(ctx, facts);
  const lanes = await readReadyLanes(ctx.db);
  const open = new Room({ ...facts, busySessions: new Map() });
  if (open.free === 0) return { dispatched: 0, blocked: 0, made: [] };
  const { chosen, blocked } = await chooseFrom(ctx, facts, {
    lanes: lanes.filter((lane) => !open.laneBlock(lane)),
    max,
  });
  await noteBlocked(ctx.db, blocked);
  const made = chosen.length === 0 ? [] : await dispatchChosen(ctx, chosen);
  return { dispatched: chosen.length, blocked: blocked.length, made };
}

/** Reads as many heads of each lane as the choice needs: where it came to the end of some, it is made anew from more. */
async function chooseFrom(
  ctx: TxContext,
  facts: Facts,
  { lanes, max }: { lanes: Lane[]; max: number },
): Promise<Choice> {
  const most = max + HEADS_MARGIN;
  for (let each = Math.max(HEADS_MIN, Math.ceil((2 * max) / Math.max(1, lanes.length))); ; each *= 4) {
    const heads = await readHeads(ctx.db, lanes, Math.min(each, most));
    const room = new Room({ ...facts, busySessions: await readBusy(ctx, heads) });
    const choice = chooseTasks(heads, room, max);
    if (each >= most || !isCutShort(heads, choice, each)) return choice;
  }
}

/** Whether all heads of a lane were used, and it may have more. */
function isCutShort(heads: ReadyTask[], { chosen, blocked }: Choice, each: number): boolean {
  const used = new Set([...chosen, ...blocked].map(({ id }) => id));
  const left = new Map<string, number>();
  for (const { tenantId, queue, lane, id } of heads) {
    const place = JSON.stringify([tenantId, queue, lane]);
    const counts = left.get(place) ?? each;
    left.set(place, used.has(id) ? counts - 1 : counts);
  }
  return [...left.values()].includes(0);
}

/** What waits for a key, a session or a backend is ready again as soon as that is free, whoever freed it. */
async function unblockFree(ctx: TxContext, facts: Facts): Promise<void> {
  const blockers = await readBlockers(ctx.db);
  if (blockers.length === 0) return;
  const sessionIds = blockers.flatMap((on) => {
    const [kind, sessionId = ""] = JSON.parse(on) as [string, ...string[]];
    return kind === "session" ? [{ sessionId }] : [];
  });
  const room = new Room({ ...facts, busySessions: await readBusy(ctx, sessionIds) });
  for (const on of blockers) {
    const slots = Math.min(room.freeOf(on), room.free);
    if (slots > 0) await unblock(ctx.db, on, slots + UNBLOCK_MARGIN);
  }
}

async function dispatchChosen(ctx: TxContext, chosen: ReadyTask[]): Promise<SessionRow[]> {
  const tasks = await ctx.db
    .select()
    .from(queueTasks)
    .where(
      and(
        inArray(
          queueTasks.id,
          chosen.map(({ id }) => id),
        ),
        eq(queueTasks.state, "pending"),
      ),
    )
    .orderBy(queueTasks.id)
    // One that somebody changes in this moment is looked at again in the next pass.
    .for("no key update", { skipLocked: true });
  const { started, refused, madeSessions } = await startRuns(ctx, tasks);
  if (started.length > 0) await recordAttempts(ctx, started);
  for (const { task, message } of refused) await refuseTask(ctx, task, message);
  ctx.wake("queue");
  return madeSessions;
}

async function recordAttempts(ctx: TxContext, started: StartedRun[]): Promise<void> {
  const ids = newIds("audit", started.length);
  await insertAttempts(
    ctx.db,
    started.map(({ task, runId, commandId, sessionId }, index) => {
      return { taskId: task.id, runId, commandId, sessionId, auditId: ids[index] ?? newId("audit") };
    }),
    actorName(ctx.actor),
  );
}

/** The provider is asked after the commit. What fails here is made by the repair sweep; the launcher waits for it. */
async function makeVolumes(ctx: ServiceContext, made: SessionRow[]): Promise<void> {
  await Promise.all(
    made.map(async (session) => {
      try {
        await ensureVolume(ctx, session);
      } catch (error) {
        ctx.log.warn({ err: error, sessionId: session.sessionId }, "a volume was not made: it is tried again");
      }
    }),
  );
  if (made.length > 0) ctx.wake("runs");
}
