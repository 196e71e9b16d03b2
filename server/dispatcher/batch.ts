import { and, eq, sql } from "drizzle-orm";
import { prepared } from "@/db/queries/prepared";
import { lockDispatch, noteBlocked, type ReadyTask } from "@/db/queries/queue-dispatch";
import { type QueueTaskRow, queueTasks } from "@/db/schema";
import type { TxContext } from "@/server/context";
import type { VolumelessSession } from "@/server/sessions";
import { refuseTask } from "@/server/task-attempts";
import { chooseNext } from "./choose-next";
import { isExpired } from "./expire";
import { type Capacity, readFacts } from "./facts";
import { Room } from "./room";
import { startRuns } from "./start-runs";

/** `freesInMs`: until a rate lets something start that waits for nothing else; null: nothing waits so. */
export type Batch = {
  chosen: number;
  started: number;
  blocked: number;
  made: VolumelessSession[];
  freesInMs: number | null;
};

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
  if (open.free === 0) return { chosen: 0, started: 0, blocked: 0, made: [], freesInMs: null };
  const { chosen, blocked, freesInMs } = await chooseNext(ctx, facts, { max, room: open, skipped });
  await noteBlocked(ctx.db, blocked);
  taken.splice(0, taken.length, ...chosen.map(({ id }) => id));
  if (chosen.length === 0) return { chosen: 0, started: 0, blocked: blocked.length, made: [], freesInMs };
  const { started, made } = await dispatchChosen(ctx, chosen);
  return { chosen: chosen.length, started, blocked: blocked.length, made, freesInMs };
}

/** One that somebody changes in this moment is looked at again in the next pass. */
const lockedTasks = prepared("lock-chosen-tasks", (db) =>
  db
    .select()
    .from(queueTasks)
    .where(and(sql`${queueTasks.id} = any(${sql.placeholder("ids")}::text[])`, eq(queueTasks.state, "pending")))
    .orderBy(queueTasks.id)
    .for("no key update", { skipLocked: true }),
);

async function dispatchChosen(
  ctx: TxContext,
  chosen: ReadyTask[],
): Promise<{ started: number; made: VolumelessSession[] }> {
  const heads = new Map(chosen.map((head) => [head.id, head]));
  const locked = await lockedTasks(ctx.db).execute({ ids: [...heads.keys()] });
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
    !isExpired(task)
  );
}
