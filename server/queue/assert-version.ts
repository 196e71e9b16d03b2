import type { QueueTaskRow } from "@/db/schema";
import { ConflictError } from "@/server/errors";
import { toTask } from "./task";

/** Refuses a change by who has not seen the task as it is; the refusal holds it, so that nobody need ask again. */
export function assertVersion(task: QueueTaskRow, expected: number | undefined): void {
  if (expected === undefined || expected === task.version) return;
  throw new ConflictError("version-conflict", `queue task ${task.id} was changed meanwhile: look again`, {
    current: toTask(task),
  });
}
