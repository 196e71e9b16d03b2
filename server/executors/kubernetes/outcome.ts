import { RUNNER_EXIT } from "@/contract/runner";
import { type AttemptCause, type AttemptExit, exitCause, readableOutput } from "@/server/executors/executor";
import type { ClusterEvent, ContainerStatus, Job, Pod } from "@/server/kubernetes";

type Terminated = NonNullable<NonNullable<ContainerStatus["state"]>["terminated"]>;
/** How a finished Job's attempt ended. The message has the pod's own words. */
export type Outcome = Pick<AttemptExit, "code" | "message" | "cause">;

/** Waiting reasons of a container that will never start, because what it needs is missing or cannot be read. */
const UNSTARTABLE_REASONS = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName",
  "CreateContainerError",
  "RunContainerError",
]);

/**
 * The kubelet's messages for a pod that filled its own storage; its other eviction messages concern a node that is
 * short of something.
 */
const OWN_STORAGE_LIMIT =
  /^(Container \S+ exceeded its local ephemeral storage limit|Pod ephemeral local storage usage exceeds|Usage of EmptyDir volume)/;

export function isFinished(job: Job): boolean {
  return (job.status?.conditions ?? []).some(
    ({ type, status }) => (type === "Complete" || type === "Failed") && status === "True",
  );
}

/** Returns the states of the pod's containers, in the order in which they are started. */
function containerStatuses(pod: Pod | undefined): ContainerStatus[] {
  return [...(pod?.status?.initContainerStatuses ?? []), ...(pod?.status?.containerStatuses ?? [])];
}

export function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** Returns what a container waits for that will not start; null: none is known to be stuck. */
function findStuck(pod: Pod): { reason: string; message: string } | null {
  for (const { state } of containerStatuses(pod)) {
    const { reason, message = "" } = state?.waiting ?? {};
    if (reason !== undefined && UNSTARTABLE_REASONS.has(reason)) return { reason, message };
  }
  return null;
}

export function isStuck(pod: Pod): boolean {
  return findStuck(pod) !== null;
}

/** Returns the outcome of a finished Job. The pod may be gone already: then only the Job's own condition is known. */
export function toOutcome(job: Job, pod: Pod | undefined): Outcome {
  const failed = job.status?.conditions?.find(({ type, status }) => type === "Failed" && status === "True");
  // The last container that ended: the runner, or the preparation if that failed.
  const ended = containerStatuses(pod)
    .map(({ state }) => state?.terminated)
    .findLast((terminated) => terminated !== undefined);
  const code = ended?.exitCode ?? (failed ? null : RUNNER_EXIT.done);
  const messages = [
    pod?.status?.reason && `pod ${pod.status.reason}`,
    pod?.status?.message,
    ended?.reason && ended.reason !== "Completed" && ended.reason !== "Error" && `container ${ended.reason}`,
    ended?.message && readableOutput(ended.message),
    failed && failed.reason !== "BackoffLimitExceeded" && `Job ${failed.reason}: ${failed.message ?? ""}`,
  ].filter((part): part is string => typeof part === "string" && part !== "");
  return {
    code: code === RUNNER_EXIT.endedInPreparation ? RUNNER_EXIT.done : code,
    message: messages.join("; "),
    cause: failed?.reason === "DeadlineExceeded" ? "deadline" : findCause(pod, ended),
  };
}

function findCause(pod: Pod | undefined, ended: Terminated | undefined): AttemptCause | null {
  const { reason, message = "", conditions = [] } = pod?.status ?? {};
  if (reason === "DeadlineExceeded") return "deadline";
  if (reason === "Evicted") return OWN_STORAGE_LIMIT.test(message) ? "storage-full" : "evicted";
  if (ended?.reason === "OOMKilled") return "out-of-memory";
  // Taken from its node by something else: the scheduler, a drain or a taint.
  if (conditions.some(({ type, status }) => type === "DisruptionTarget" && status === "True")) return "evicted";
  return exitCause(ended?.exitCode ?? null);
}

/** How long a pod may wait for a node, and on its node for what it needs, in milliseconds. */
export type StartLimits = { unschedulableMaxMs: number; stalledMaxMs: number };
export type Unstartable = { cause: AttemptCause; message: string; needsLastWarning: boolean };

/** Returns why a pod that has not started never will; null: it still may. */
export function findUnstartable(pod: Pod, startLimits: StartLimits, now: number): Unstartable | null {
  const stuck = findStuck(pod);
  if (stuck) return { cause: "unstartable", message: describeWait(stuck), needsLastWarning: false };
  const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  const since = scheduled?.lastTransitionTime ?? pod.metadata?.creationTimestamp;
  if (scheduled === undefined || since === undefined) return null;
  const scheduledAt = new Date(since).getTime();
  if (scheduled.status === "False") {
    if (now - scheduledAt < startLimits.unschedulableMaxMs) return null;
    const message = `${scheduled.reason ?? "Unschedulable"}: ${scheduled.message ?? ""}`;
    return { cause: "unschedulable", message, needsLastWarning: false };
  }
  const stalled = findStalled(pod, scheduledAt);
  if (stalled === null || now - stalled.since < startLimits.stalledMaxMs) return null;
  return { cause: "unstartable", message: describeWait(stalled), needsLastWarning: true };
}

/**
 * Returns why a Job that never had a pod is given up, for example because of a quota; null: it may still get one, or it
 * is suspended. Only the Job's events hold the cluster's explanation.
 */
export function findPodless(job: Job, startLimits: StartLimits, now: number): Unstartable | null {
  const since = job.status?.startTime ?? job.metadata?.creationTimestamp;
  const isBeingDeleted = job.metadata?.deletionTimestamp !== undefined;
  if (since === undefined || isBeingDeleted || job.spec?.suspend === true) return null;
  if (now - new Date(since).getTime() < startLimits.stalledMaxMs) return null;
  return { cause: "unschedulable", message: "the cluster made none", needsLastWarning: true };
}

/**
 * Returns what a pod waits for that has a node while none of its containers runs: its volume is not mounted, its Secret
 * is missing, or its image is being pulled. Each of these may pass, so only time decides. Between two containers the
 * time counts from the end of the first.
 */
function findStalled(pod: Pod, scheduledAt: number): { reason: string; message: string; since: number } | null {
  const states = containerStatuses(pod).map(({ state }) => state ?? {});
  if (pod.status?.phase !== "Pending" || states.some(({ running }) => running !== undefined)) return null;
  const ends = states.flatMap(({ terminated }) => terminated?.finishedAt ?? []).map((at) => new Date(at).getTime());
  const waits = states.flatMap(({ waiting }) => waiting ?? []);
  // The container that starts next says why it does not; those after it only wait for it.
  const { reason = "Pending", message = "" } = waits.find((wait) => wait.message) ?? waits[0] ?? {};
  return { reason, message, since: Math.max(scheduledAt, ...ends) };
}

function describeWait({ reason, message }: { reason: string; message: string }): string {
  return message === "" ? reason : `${reason}: ${message}`;
}

/**
 * Returns the newest warning event except FailedScheduling, which no longer matters once a pod has a node; null: none.
 */
export function lastWarning(events: ClusterEvent[]): string | null {
  const at = ({ series, lastTimestamp, eventTime, metadata }: ClusterEvent) =>
    new Date(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? 0).getTime();
  const warnings = events.filter(({ type, reason }) => type === "Warning" && reason !== "FailedScheduling");
  const [last] = warnings.sort((left, right) => at(right) - at(left));
  return last === undefined ? null : `${last.reason ?? "Warning"}: ${last.message ?? ""}`;
}
