import type { AttemptDetails, ClusterEvent as AttemptEvent, JobCondition, JobContainer } from "@/contract/run-job";
import type { ClusterEvent, ContainerStatus, Job, Pod } from "@/server/kubernetes";

const EVENTS_MAX = 50;
const TEXT_MAX = 2_000;

type ClusterFacts = { job: Job | null; pod: Pod | undefined; events: ClusterEvent[]; faults: string[] };

/** Returns what the cluster reports of an attempt's Job and pod, in its own words, within bounds. */
export function toDetails({ job, pod, events, faults }: ClusterFacts): AttemptDetails {
  return {
    job: job === null ? null : toJob(job),
    pod: pod === undefined ? null : toPod(pod),
    process: null,
    events: events.map(toEvent).sort(compareByLast).slice(0, EVENTS_MAX),
    faults,
  };
}

function toJob(job: Job): AttemptDetails["job"] {
  const { metadata, spec, status } = job;
  return {
    name: metadata?.name ?? "",
    namespace: metadata?.namespace ?? "",
    uid: metadata?.uid ?? "",
    createdAt: toIso(metadata?.creationTimestamp),
    startedAt: toIso(status?.startTime),
    endedAt: toIso(status?.completionTime),
    isBeingDeleted: metadata?.deletionTimestamp !== undefined,
    deadlineSeconds: spec?.activeDeadlineSeconds ?? null,
    conditions: (status?.conditions ?? []).map(toCondition),
  };
}

function toPod(pod: Pod): AttemptDetails["pod"] {
  const { metadata, spec, status } = pod;
  return {
    name: metadata?.name ?? "",
    phase: status?.phase ?? "Unknown",
    reason: limitText(status?.reason),
    message: limitText(status?.message),
    node: spec?.nodeName ?? null,
    createdAt: toIso(metadata?.creationTimestamp),
    startedAt: toIso(status?.startTime),
    isBeingDeleted: metadata?.deletionTimestamp !== undefined,
    conditions: (status?.conditions ?? []).map(toCondition),
    containers: toContainers(pod),
  };
}

/** Returns the containers of the pod's spec: a node reports their states only once it has seen the pod. */
function toContainers(pod: Pod): JobContainer[] {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(({ name, image }) =>
    toContainer(
      name,
      image,
      statuses.find((status) => status.name === name),
    ),
  );
}

function toContainer(name: string, image: string | undefined, status: ContainerStatus | undefined): JobContainer {
  const { waiting, running, terminated } = status?.state ?? {};
  return {
    name,
    image: image ?? null,
    state: terminated ? "terminated" : running ? "running" : waiting ? "waiting" : "unknown",
    reason: limitText(terminated?.reason ?? waiting?.reason),
    message: limitText(terminated?.message ?? waiting?.message),
    exitCode: terminated?.exitCode ?? null,
    signal: terminated?.signal ?? null,
    startedAt: toIso(terminated?.startedAt ?? running?.startedAt),
    endedAt: toIso(terminated?.finishedAt),
    restarts: status?.restartCount ?? 0,
    isReady: status?.ready ?? false,
  };
}

type Condition = { type: string; status: string; reason?: string; message?: string; lastTransitionTime?: Date };

function toCondition({ type, status, reason, message, lastTransitionTime }: Condition): JobCondition {
  return { type, status, reason: limitText(reason), message: limitText(message), at: toIso(lastTransitionTime) };
}

function toEvent(event: ClusterEvent): AttemptEvent {
  const { involvedObject, series, eventTime, metadata } = event;
  const firstAt = event.firstTimestamp ?? eventTime ?? metadata.creationTimestamp;
  return {
    of: involvedObject.kind === "Job" ? "Job" : "Pod",
    type: event.type ?? "Normal",
    reason: event.reason ?? "",
    message: limitText(event.message) ?? "",
    count: series?.count ?? event.count ?? 1,
    firstAt: toIso(firstAt),
    lastAt: toIso(series?.lastObservedTime ?? event.lastTimestamp ?? firstAt),
    from: event.source?.component ?? event.reportingComponent ?? null,
  };
}

function compareByLast(left: AttemptEvent, right: AttemptEvent): number {
  return (right.lastAt ?? "").localeCompare(left.lastAt ?? "");
}

function limitText(value: string | undefined): string | null {
  return value === undefined || value === "" ? null : value.slice(0, TEXT_MAX);
}

function toIso(at: Date | undefined): string | null {
  return at === undefined || at === null ? null : new Date(at).toISOString();
}
