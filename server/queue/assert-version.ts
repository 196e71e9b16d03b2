import type { QueueTaskRow } from "@/db/schema";
import { ConflictError } from "@/server/errors";
import { toTask } from "./task";

/**
 * Refuses a change based on an outdated version. The error carries the current task, so that nobody needs to read it
 * again.
 */
export function assertVersion(task: QueueTaskRow, expected: number | undefined): void {
  if (expected === undefined || expected === task.version) return;
  throw new ConflictError("version-conflict", `queue task ${task.id} was changed meanwhile: look again`, {
    current: toTask(task),
  });
}
