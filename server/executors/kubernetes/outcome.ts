import { RUNNER_EXIT } from "@/contract/runner";
import { type AttemptCause, causeOfExit, wordsOf } from "@/server/executors/executor";
import type { ClusterEvent, ContainerStatus, Job, Pod } from "@/server/kubernetes";

type Terminated = NonNullable<NonNullable<ContainerStatus["state"]>["terminated"]>;
/** How a finished Job's attempt ended, in the pod's own words. */
export type Outcome = { code: number | null; message: string; cause: AttemptCause | null };

/** Reasons of a container that will not start by waiting: what it needs is not there or cannot be read. */
const HOPELESS = new Set([
  "ErrImagePull",
  "ImagePullBackOff",
  "ErrImageNeverPull",
  "InvalidImageName",
  "CreateContainerError",
  "RunContainerError",
]);

/** The kubelet's own words for what a pod filled by itself; its others are of a node that is short of something. */
const FILLED_BY_ITSELF =
  /^(Container \S+ exceeded its local ephemeral storage limit|Pod ephemeral local storage usage exceeds|Usage of EmptyDir volume)/;

export function isFinished(job: Job): boolean {
  return (job.status?.conditions ?? []).some(
    ({ type, status }) => (type === "Complete" || type === "Failed") && status === "True",
  );
}

/** What is known of the pod's containers, in the order in which they are started. */
function containersOf(pod: Pod | undefined): ContainerStatus[] {
  return [...(pod?.status?.initContainerStatuses ?? []), ...(pod?.status?.containerStatuses ?? [])];
}

export function hasEnded(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded" || pod.status?.phase === "Failed";
}

/** What a container that will not start waits for; null while none is known. */
function findStuck(pod: Pod): { reason: string; message: string } | null {
  for (const { state } of containersOf(pod)) {
    const { reason, message = "" } = state?.waiting ?? {};
    if (reason !== undefined && HOPELESS.has(reason)) return { reason, message };
  }
  return null;
}

export function isStuck(pod: Pod): boolean {
  return findStuck(pod) !== null;
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
    ended?.message && wordsOf(ended.message),
    failed && failed.reason !== "BackoffLimitExceeded" && `Job ${failed.reason}: ${failed.message ?? ""}`,
  ].filter((part): part is string => typeof part === "string" && part !== "");
  return {
    code: code === RUNNER_EXIT.endedInPreparation ? RUNNER_EXIT.done : code,
    message: words.join("; "),
    cause: failed?.reason === "DeadlineExceeded" ? "deadline" : causeOf(pod, ended),
  };
}

function causeOf(pod: Pod | undefined, ended: Terminated | undefined): AttemptCause | null {
  const { reason, message = "", conditions = [] } = pod?.status ?? {};
  if (reason === "DeadlineExceeded") return "deadline";
  if (reason === "Evicted") return FILLED_BY_ITSELF.test(message) ? "storage-full" : "evicted";
  if (ended?.reason === "OOMKilled") return "out-of-memory";
  // Taken from its node by something else: the scheduler, a drain, a taint.
  if (conditions.some(({ type, status }) => type === "DisruptionTarget" && status === "True")) return "evicted";
  return causeOfExit(ended?.exitCode ?? null);
}

/** How long a pod may wait for a node, and on its node for what it needs, milliseconds. */
type Patience = { unschedulableMaxMs: number; stalledMaxMs: number };
export type Hopeless = { cause: AttemptCause; message: string; hasMoreWords: boolean };

/** Why a pod that has not started never will; null while it still may. */
export function findHopeless(pod: Pod, patience: Patience, now: number): Hopeless | null {
  const stuck = findStuck(pod);
  if (stuck) return { cause: "unstartable", message: wordsOfWait(stuck), hasMoreWords: false };
  const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  const since = scheduled?.lastTransitionTime ?? pod.metadata?.creationTimestamp;
  if (scheduled === undefined || since === undefined) return null;
  const scheduledAt = new Date(since).getTime();
  if (scheduled.status === "False") {
    if (now - scheduledAt < patience.unschedulableMaxMs) return null;
    const message = `${scheduled.reason ?? "Unschedulable"}: ${scheduled.message ?? ""}`;
    return { cause: "unschedulable", message, hasMoreWords: false };
  }
  const stalled = findStalled(pod, scheduledAt);
  if (stalled === null || now - stalled.since < patience.stalledMaxMs) return null;
  return { cause: "unstartable", message: wordsOfWait(stalled), hasMoreWords: true };
}

/**
 * Why a Job that nobody has suspended is given up without ever having had a pod, such as by a quota; null while it may
 * still get one. What the cluster says of it stands in its events alone.
 */
export function findPodless(job: Job, patience: Patience, now: number): Hopeless | null {
  const since = job.status?.startTime ?? job.metadata?.creationTimestamp;
  const isGoing = job.metadata?.deletionTimestamp !== undefined;
  if (since === undefined || isGoing || job.spec?.suspend === true) return null;
  if (now - new Date(since).getTime() < patience.stalledMaxMs) return null;
  return { cause: "unschedulable", message: "the cluster made none", hasMoreWords: true };
}

/**
 * On its node, and nothing of it runs: its volume is not mounted, its Secret is not there, its image is still being
 * pulled. Each may pass, so that time alone tells. Between two containers it counts from the end of the first.
 */
function findStalled(pod: Pod, scheduledAt: number): { reason: string; message: string; since: number } | null {
  const states = containersOf(pod).map(({ state }) => state ?? {});
  if (pod.status?.phase !== "Pending" || states.some(({ running }) => running !== undefined)) return null;
  const ends = states.flatMap(({ terminated }) => terminated?.finishedAt ?? []).map((at) => new Date(at).getTime());
  const waits = states.flatMap(({ waiting }) => waiting ?? []);
  // The next that is to start says why it does not; those behind it only wait for it.
  const { reason = "Pending", message = "" } = waits.find((wait) => wait.message) ?? waits[0] ?? {};
  return { reason, message, since: Math.max(scheduledAt, ...ends) };
}

function wordsOfWait({ reason, message }: { reason: string; message: string }): string {
  return message === "" ? reason : `${reason}: ${message}`;
}

/** The newest warning among what the cluster noted; that a pod which has a node by now had none is over. */
export function lastWarning(events: ClusterEvent[]): string | null {
  const at = ({ series, lastTimestamp, eventTime, metadata }: ClusterEvent) =>
    new Date(series?.lastObservedTime ?? lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? 0).getTime();
  const warnings = events.filter(({ type, reason }) => type === "Warning" && reason !== "FailedScheduling");
  const [last] = warnings.sort((one, other) => at(other) - at(one));
  return last === undefined ? null : `${last.reason ?? "Warning"}: ${last.message ?? ""}`;
}
