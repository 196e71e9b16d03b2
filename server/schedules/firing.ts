import { eq } from "drizzle-orm";
import type { ScheduleFiring } from "@/contract/schedule";
import type { TaskState } from "@/contract/words";
import { queueTasks, type ScheduleFiringRow, scheduleFirings } from "@/db/schema";
import { iso } from "@/server/stored";

/** Columns of a firing and of the task that it added, if the task still exists. */
export const FIRING_AND_TASK = {
  firing: scheduleFirings,
  task: {
    id: queueTasks.id,
    state: queueTasks.state,
    sessionId: queueTasks.sessionId,
    runId: queueTasks.runId,
    failureKind: queueTasks.failureKind,
  },
};
export const IS_ITS_TASK = eq(queueTasks.id, scheduleFirings.taskId);

type FiringAndTask = {
  firing: ScheduleFiringRow;
  task: {
    id: string;
    state: TaskState;
    sessionId: string | null;
    runId: string | null;
    failureKind: string | null;
  } | null;
};

/** Returns a firing as clients see it. */
export function toFiring({ firing, task }: FiringAndTask): ScheduleFiring {
  const { taskId: _taskId, ...kept } = firing;
  return { ...kept, dueAt: iso(firing.dueAt), firedAt: iso(firing.firedAt), task };
}
