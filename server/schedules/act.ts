import { and, desc, eq, inArray, isNotNull } from "drizzle-orm";
import { lockTaskRow } from "@/db/queries/lock";
import { queueTasks, type ScheduleRow, scheduleFirings } from "@/db/schema";
import type { TxContext } from "@/server/context";
import { isAgentRunError } from "@/server/errors";
import { cancelTask } from "@/server/queue";
import { addTask } from "./add-task";
import { type NewFiring, OPEN_STATES } from "./record";

/** A firing that is later than this was missed. A worker that is busy or starting is quicker. */
const GRACE_MS = 60_000;
/** The maximum of earlier tasks that are looked at; more can only be open where the schedule allowed overlap. */
const OPEN_MAX = 100;

export type Deed = Pick<NewFiring, "outcome" | "message" | "holderTaskId" | "taskId">;

/** Does what a schedule does at one of its times: adds a task, or returns why it does not. */
export async function runFiring(
  ctx: TxContext,
  schedule: ScheduleRow,
  { dueAt, now }: { dueAt: Date; now: Date },
): Promise<Deed> {
  const lateReason = whyTooLate(schedule, now.getTime() - dueAt.getTime());
  if (lateReason !== null) return { outcome: "missed", message: lateReason };
  const open = schedule.overlap === "allow" ? [] : await findOpen(ctx, schedule.id);
  const [holder] = open;
  if (holder !== undefined && schedule.overlap === "skip") {
    const message = `its task ${holder.id} has not ended: it is ${holder.state}`;
    return { outcome: "skipped", message, holderTaskId: holder.id };
  }
  await replaceAll(
    ctx,
    open.map(({ id }) => id),
  );
  return { outcome: "created", taskId: await addTask(ctx, schedule, dueAt) };
}

function whyTooLate({ catchUpMs, task: { expiresAfterMs } }: ScheduleRow, lateMs: number): string | null {
  const late = `nobody came to it until ${Math.round(lateMs / 60_000)} minutes later`;
  if (lateMs > Math.max(catchUpMs, GRACE_MS)) return late;
  if (expiresAfterMs !== undefined && lateMs >= expiresAfterMs) return `${late}, when its task would have expired`;
  return null;
}

/** Returns earlier tasks of the schedule that have not ended, the newest first. */
function findOpen(ctx: TxContext, scheduleId: string) {
  const added = ctx.db
    .select({ taskId: scheduleFirings.taskId, dueAt: scheduleFirings.dueAt })
    .from(scheduleFirings)
    .where(and(eq(scheduleFirings.scheduleId, scheduleId), isNotNull(scheduleFirings.taskId)))
    .orderBy(desc(scheduleFirings.dueAt))
    .limit(OPEN_MAX)
    .as("added");
  return ctx.db
    .select({ id: queueTasks.id, state: queueTasks.state })
    .from(added)
    .innerJoin(queueTasks, eq(queueTasks.id, added.taskId))
    .where(inArray(queueTasks.state, OPEN_STATES))
    .orderBy(desc(added.dueAt));
}

/**
 * Replaces tasks. All of them are locked before any of their sessions and runs, as the one lock order requires
 * (db/queries/lock.ts).
 */
async function replaceAll(ctx: TxContext, taskIds: string[]): Promise<void> {
  for (const taskId of [...taskIds].sort()) await lockTaskRow(ctx.db, taskId);
  for (const taskId of taskIds) await replace(ctx, taskId);
}

async function replace(ctx: TxContext, taskId: string): Promise<void> {
  try {
    await cancelTask(ctx, { taskId, reason: "the next time of its schedule has come" });
  } catch (error) {
    // The task has ended since it was read.
    if (!isAgentRunError(error) || error.reason !== "already-terminal") throw error;
  }
}
