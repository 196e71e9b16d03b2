import type { RunEvent } from "@/contract/event";
import type { QueueTask } from "@/contract/queue";

export function runAddress(runId: string): string {
  return `/runs/${encodeURIComponent(runId)}`;
}

export function sessionAddress(sessionId: string): string {
  return `/sessions/${encodeURIComponent(sessionId)}`;
}

/** A session's storage: its volume, its archive and what can be done to them. */
export function storageAddress(sessionId: string): string {
  return `${sessionAddress(sessionId)}?tab=storage`;
}

/** An event among its run's events. A session's trace lists its newest runs, and an old event's may not be one. */
export function eventAddress({ runId, seq }: Pick<RunEvent, "runId" | "seq">): string {
  return `${runAddress(runId)}?tab=events#e${seq}`;
}

/** Where a task's work is shown: its session, else the run of its latest attempt. Null while it has neither. */
export function taskAddress({
  sessionId,
  latestAttempt,
}: Pick<QueueTask, "sessionId" | "latestAttempt">): string | null {
  if (sessionId !== null) return sessionAddress(sessionId);
  const runId = latestAttempt?.runId;
  return typeof runId === "string" && runId !== "" ? runAddress(runId) : null;
}
