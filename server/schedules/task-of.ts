import type { CreateTaskInput } from "@/contract/queue";
import type { ScheduleTask } from "@/contract/schedule";

/** The task of one time of a schedule; null: of no time, to see whether it could be added at all. */
export function taskOf({ expiresAfterMs, ...task }: ScheduleTask, dueAt: Date | null): CreateTaskInput {
  if (dueAt === null || expiresAfterMs === undefined) return task;
  return { ...task, expiresAt: new Date(dueAt.getTime() + expiresAfterMs).toISOString() };
}
