import { RUNNER_EXIT } from "@/contract/runner";
import type { ContainerStatus, Job, Pod } from "@/server/kubernetes";

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

/** What is known of the pod's containers, in the order in which they are started. */
function containersOf(pod: Pod | undefined): ContainerStatus[] {
  return [...(pod?.status?.initContainerStatuses ?? []), ...(pod?.status?.containerStatuses ?? [])];
}

/** Of a finished Job. The pod may be gone already: then the Job's own condition is all that is known. */
export function outcomeOf(job: Job, pod: Pod | undefined): Outcome {
  const failed = job.status?.conditions?.find(({ type, status }) => type === "Failed" && status === "True");
  // The last that ran: the runner, or the step before it where that one failed.
  const ended = containersOf(pod)
    .map(({ state }) => state?.terminated)
    .findLast((terminated) => terminated !== undefined);
  const code = ended?.exitCode ?? (failed ? null : RUNNER_EXIT.done);
  const words = [
    pod?.status?.reason && `pod ${pod.status.reason}`,
    pod?.status?.message,
    ended?.reason && ended.reason !== "Completed" && ended.reason !== "Error" && `container ${ended.reason}`,
    ended?.message,
    failed && failed.reason !== "BackoffLimitExceeded" && `Job ${failed.reason}: ${failed.message ?? ""}`,
  ].filter((part): part is string => typeof part === "string" && part !== "");
  return { code: code === RUNNER_EXIT.endedInPreparation ? RUNNER_EXIT.done : code, message: words.join("; ") };
}

/** Why a pod that has not started never will; null while it still may. */
export function hopelessReason(pod: Pod, unschedulableMaxMs: number, now: number): string | null {
  for (const { state } of containersOf(pod)) {
    const waiting = state?.waiting;
    if (waiting?.reason && HOPELESS.has(waiting.reason)) return `${waiting.reason}: ${waiting.message ?? ""}`;
  }
  const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status !== "False") return null;
  const since = scheduled.lastTransitionTime ?? pod.metadata?.creationTimestamp;
  if (since === undefined || now - new Date(since).getTime() < unschedulableMaxMs) return null;
  return `${scheduled.reason ?? "Unschedulable"}: ${scheduled.message ?? ""}`;
}
