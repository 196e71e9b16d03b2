import type { Job, Pod } from "@/server/kubernetes";

/** How a finished Job's attempt ended, in the pod's own words. */
export type Outcome = { code: number | null; message: string };

/** Reasons of a container that will not start by waiting: what it needs is not there or cannot be read. */
const HOPELESS = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName",
  "CreateContainerError",
  "RunContainerError",
]);

export function isFinished(job: Job): boolean {
  return (job.status?.conditions ?? []).some(
    ({ type, status }) => (type === "Complete" || type === "Failed") && status === "True",
  );
}

/** Of a finished Job. The pod may be gone already: then the Job's own condition is all that is known. */
export function outcomeOf(job: Job, pod: Pod | undefined): Outcome {
  const failed = job.status?.conditions?.find(({ type, status }) => type === "Failed" && status === "True");
  const ended = pod?.status?.containerStatuses?.[0]?.state?.terminated;
  const code = ended?.exitCode ?? (failed ? null : 0);
  const words = [
    pod?.status?.reason && `pod ${pod.status.reason}`,
    pod?.status?.message,
    ended?.reason && ended.reason !== "Completed" && ended.reason !== "Error" && `container ${ended.reason}`,
    ended?.message,
    failed && failed.reason !== "BackoffLimitExceeded" && `Job ${failed.reason}: ${failed.message ?? ""}`,
  ].filter((part): part is string => typeof part === "string" && part !== "");
  return { code, message: words.join("; ") };
}

/** Why a pod that has not started never will; null while it still may. */
export function hopelessReason(pod: Pod, unschedulableMaxMs: number, now: number): string | null {
  for (const { state } of pod.status?.containerStatuses ?? []) {
    const waiting = state?.waiting;
    if (waiting?.reason && HOPELESS.has(waiting.reason)) return `${waiting.reason}: ${waiting.message ?? ""}`;
  }
  const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status !== "False") return null;
  const since = scheduled.lastTransitionTime ?? pod.metadata?.creationTimestamp;
  if (since === undefined || now - new Date(since).getTime() < unschedulableMaxMs) return null;
  return `${scheduled.reason ?? "Unschedulable"}: ${scheduled.message ?? ""}`;
}
