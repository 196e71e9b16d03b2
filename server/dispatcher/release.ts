import { lockTaskRow } from "@/db/queries/lock";
import { readBlockers, readNotedLanes, unblock } from "@/db/queries/queue/blocked-notes";
import { type Lane, lockDispatch, lockDue, readStranded, releaseDue, type Upkeep } from "@/db/queries/queue/dispatch";
import { parseWaitKey } from "@/db/queries/queue/wait-key";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { cancelRun } from "@/server/runs";
import { giveBackAttempt } from "@/server/task-attempts";
import { LimitLedger } from "./limit-ledger";
import { type Capacity, readBusy, readLimits } from "./limits";
import { runTaskSteps } from "./steps";

const DUE_MAX = 500;
/** How many distinct notes of what tasks wait for one transaction looks at. */
const NOTES_MAX = 500;
const STRANDED_MAX = 100;
/** Added to the free slots, since some tasks that wait for them may stand in a lane that is full. */
const UNBLOCK_MARGIN = 8;

/** Makes tasks ready again that are due or whose key, session or backend is free, and takes back stranded ones. */
export async function releaseWaiting(
  ctx: ServiceContext,
  capacity: Capacity,
  { hasStranded, hasDue, hasBlocked }: Upkeep,
): Promise<void> {
  if (hasStranded) await reclaimStranded(ctx);
  if (hasDue && (await releaseSome(ctx))) ctx.wake("queue");
  for (let after: string | null = hasBlocked || hasDue ? "" : null; after !== null; ) {
    const from: string = after;
    after = await inTx(ctx, (ctx) => unblockFree(ctx, capacity, from));
  }
}

/** Makes tasks ready that are due, in a few steps; returns whether there may be more. */
function releaseSome(ctx: ServiceContext): Promise<boolean> {
  const failure = "a task that is due cannot be released: the next pass tries again";
  const work = (ctx: TxContext, taskIds: string[]) => releaseDue(ctx.db, taskIds);
  return runTaskSteps(ctx, { max: DUE_MAX, lock: lockDue, work, failure });
}

/**
 * Makes tasks ready again that wait for something that is free, whoever freed it. Lanes that are held up are handled
 * apart: their tasks start nothing, and would leave the free slots unused. Returns the last note that it looked at;
 * null: there are no more.
 */
async function unblockFree(ctx: TxContext, capacity: Capacity, after: string): Promise<string | null> {
  const notes = await readBlockers(ctx.db, after, NOTES_MAX);
  if (notes.length === 0) return null;
  await lockDispatch(ctx.db);
  const facts = await readLimits(ctx, capacity);
  const sessionIds = notes.flatMap((on) => {
    const key = parseWaitKey(on);
    return key?.kind === "session" ? [{ sessionId: key.sessionId }] : [];
  });
  const ledger = new LimitLedger({ ...facts, busySessions: await readBusy(ctx, sessionIds) });
  const slotsOf = (on: string) => Math.min(ledger.freeOf(on), ledger.free);
  const isOpen = (lane: Lane) => ledger.laneBlock(lane) === null;
  const free = notes.filter((on) => slotsOf(on) > 0);
  const noted = await readNotedLanes(ctx.db, free);
  for (const on of free) {
    const lanes = noted.filter((lane) => lane.on === on);
    for (const group of [lanes.filter(isOpen), lanes.filter((lane) => !isOpen(lane))])
      if (group.length > 0) await unblock(ctx.db, on, { lanes: group, slots: slotsOf(on) + UNBLOCK_MARGIN });
  }
  return notes.length < NOTES_MAX ? null : (notes.at(-1) ?? null);
}

/**
 * Takes back runs that wait for a runner on a session that was evicted meanwhile: such a run would hold its slots until
 * the session is restored.
 */
async function reclaimStranded(ctx: ServiceContext): Promise<void> {
  for (const taskId of await readStranded(ctx.db, STRANDED_MAX)) {
    await inTx(ctx, async (ctx) => {
      const task = await lockTaskRow(ctx.db, taskId);
      if (task?.state !== "dispatched" || task.runId === null) return;
      const why = "its session was evicted before a runner had it: restore it, and the task goes on";
      await giveBackAttempt(ctx, task, why);
      await cancelRun(ctx, { runId: task.runId, reason: why });
    });
  }
}
