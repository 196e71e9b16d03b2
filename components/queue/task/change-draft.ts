import { fieldOf, instantOf } from "@/components/ui/time/instant";
import type { QueueTask, UpdateTaskInput } from "@/contract/queue";

/** How a task waits, as it is typed. */
export type ChangeDraft = {
  title: string;
  priority: string;
  queue: string;
  lane: string;
  runAt: string;
  expiresAt: string;
};

export function draftOf({ title, queue, lane, priority, runAt, expiresAt }: QueueTask): ChangeDraft {
  return { title, queue, lane, priority: String(priority), runAt: fieldOf(runAt), expiresAt: fieldOf(expiresAt) };
}

/** A draft beside a task that was changed meanwhile: what the other has changed as it is now, the rest as it was typed. */
export function rebased(draft: ChangeDraft, loaded: QueueTask, now: QueueTask): ChangeDraft {
  const before = draftOf(loaded);
  const other = draftOf(now);
  const merge = (name: keyof ChangeDraft) => (other[name] === before[name] ? draft[name] : other[name]);
  return {
    title: merge("title"),
    priority: merge("priority"),
    queue: merge("queue"),
    lane: merge("lane"),
    runAt: merge("runAt"),
    expiresAt: merge("expiresAt"),
  };
}

/** What differs from the task as it was seen, and nothing else: the rest is not this person's to overwrite. */
export function changeOf(task: QueueTask, draft: ChangeDraft): Omit<UpdateTaskInput, "taskId" | "expectedVersion"> {
  const before = draftOf(task);
  const differs = (name: keyof ChangeDraft) => draft[name].trim() !== before[name];
  return {
    ...(differs("title") ? { title: draft.title.trim() } : {}),
    ...(differs("priority") ? { priority: Number(draft.priority) } : {}),
    ...(differs("queue") ? { queue: draft.queue.trim() } : {}),
    ...(differs("lane") ? { lane: draft.lane.trim() } : {}),
    ...(differs("runAt") ? { runAt: instantOf(draft.runAt) } : {}),
    ...(differs("expiresAt") ? { expiresAt: instantOf(draft.expiresAt) } : {}),
  };
}
