import { and, eq, sql } from "drizzle-orm";
import { noteBlocked } from "@/db/queries/queue/blocked-notes";
import { lockDispatch, type ReadyTask } from "@/db/queries/queue/dispatch";
import { prepared } from "@/db/queries/sql/prepared";
import { type QueueTaskRow, queueTasks } from "@/db/schema";
import type { TxContext } from "@/server/context";
import type { VolumelessSession } from "@/server/sessions";
import { refuseTask } from "@/server/task-attempts";
import { chooseNext } from "./choose-next";
import { LimitLedger } from "./limit-ledger";
import { type Capacity, readLimits } from "./limits";
import { startRuns } from "./start-runs";

/**
 * `freesInMs`: milliseconds until a rate lets a lane start that nothing else holds up; null: no lane waits for a rate
 * alone.
 */
export type Batch = {
  chosen: number;
  started: number;
  blocked: number;
  newSessions: VolumelessSession[];
  freesInMs: number | null;
};

/**
 * Dispatches up to `max` tasks in the caller's transaction, passing over those in `skipped`. Writes the ids of the
 * chosen tasks to `chosenIds` before it creates anything for them, so that the caller knows which tasks a failure concerns.
 */
export async function dispatchBatch(
  ctx: TxContext,
  capacity: Capacity,
  { max, chosenIds, skipped }: { max: number; chosenIds: string[]; skipped: ReadonlySet<string> },
): Promise<Batch> {
  await lockDispatch(ctx.db);
  // The statements from here on begin after the lock was taken, so they count what another batch took.
  const facts = await readLimits(ctx, capacity);
  const emptyLedger = new LimitLedger({ ...facts, busySessions: new Map() });
  if (emptyLedger.free === 0) return { chosen: 0, started: 0, blocked: 0, newSessions: [], freesInMs: null };
  const { chosen, blocked, freesInMs } = await chooseNext(ctx, facts, { max, ledger: emptyLedger, skipped });
  await noteBlocked(ctx.db, blocked);
  chosenIds.splice(0, chosenIds.length, ...chosen.map(({ id }) => id));
  if (chosen.length === 0) return { chosen: 0, started: 0, blocked: blocked.length, newSessions: [], freesInMs };
  const { started, newSessions } = await dispatchChosen(ctx, chosen);
  return { chosen: chosen.length, started, blocked: blocked.length, newSessions, freesInMs };
}

/** Skips a task that somebody else has locked: the next pass looks at it again. */
const lockedTasks = prepared("lock-chosen-tasks", (db) =>
  db
    .select({
      task: queueTasks,
      isExpired: sql<boolean>`coalesce(${queueTasks.expiresAt} <= clock_timestamp(), false)`,
    })
    .from(queueTasks)
    .where(and(sql`${queueTasks.id} = any(${sql.placeholder("ids")}::text[])`, eq(queueTasks.state, "pending")))
    .orderBy(queueTasks.id)
    .for("no key update", { skipLocked: true }),
);

async function dispatchChosen(
  ctx: TxContext,
  chosen: ReadyTask[],
): Promise<{ started: number; newSessions: VolumelessSession[] }> {
  const heads = new Map(chosen.map((head) => [head.id, head]));
  const locked = await lockedTasks(ctx.db).execute({ ids: [...heads.keys()] });
  const tasks = locked.flatMap(({ task, isExpired }) =>
    !isExpired && isUnchanged(task, heads.get(task.id)) ? [task] : [],
  );
  if (tasks.length === 0) return { started: 0, newSessions: [] };
  const { started, refused, madeSessions } = await startRuns(ctx, tasks);
  for (const { task, message } of refused) await refuseTask(ctx, task, message);
  ctx.wake("queue");
  return { started, newSessions: madeSessions };
}

/** Whether a task, now that it is locked, still is what the limits were judged by. */
function isUnchanged(task: QueueTaskRow, head: ReadyTask | undefined): boolean {
  return (
    head !== undefined &&
    task.queue === head.queue &&
    task.lane === head.lane &&
    task.sessionId === head.sessionId &&
    task.concurrencyKey === head.concurrencyKey &&
    task.notBefore === null &&
    task.blockedOn === null
  );
}
