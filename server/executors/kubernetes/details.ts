import type { AttemptDetails, JobCondition, JobContainer, ClusterEvent as ToldEvent } from "@/contract/run-job";
import type { ClusterEvent, ContainerStatus, Job, Pod } from "@/server/kubernetes";

const EVENTS_MAX = 50;
const TEXT_MAX = 2_000;

type ClusterFacts = { job: Job | null; pod: Pod | undefined; events: ClusterEvent[]; faults: string[] };

/** Returns what the cluster reports of an attempt's Job and pod, in its own words, within bounds. */
export function detailsOf({ job, pod, events, faults }: ClusterFacts): AttemptDetails {
  return {
    job: job === null ? null : jobOf(job),
    pod: pod === undefined ? null : podOf(pod),
    process: null,
    events: events.map(eventOf).sort(byLast).slice(0, EVENTS_MAX),
    faults,
  };
}

function jobOf(job: Job): AttemptDetails["job"] {
  const { metadata, spec, status } = job;
  return {
    name: metadata?.name ?? "",
    namespace: metadata?.namespace ?? "",
    uid: metadata?.uid ?? "",
    createdAt: iso(metadata?.creationTimestamp),
    startedAt: iso(status?.startTime),
    endedAt: iso(status?.completionTime),
    isBeingDeleted: metadata?.deletionTimestamp !== undefined,
    deadlineSeconds: spec?.activeDeadlineSeconds ?? null,
    conditions: (status?.conditions ?? []).map(conditionOf),
  };
}

function podOf(pod: Pod): AttemptDetails["pod"] {
  const { metadata, spec, status } = pod;
  return {
    name: metadata?.name ?? "",
    phase: status?.phase ?? "Unknown",
    reason: text(status?.reason),
    message: text(status?.message),
    node: spec?.nodeName ?? null,
    createdAt: iso(metadata?.creationTimestamp),
    startedAt: iso(status?.startTime),
    isBeingDeleted: metadata?.deletionTimestamp !== undefined,
    conditions: (status?.conditions ?? []).map(conditionOf),
    containers: containersOf(pod),
  };
}

/** Returns the containers of the pod's spec: a node reports their states only once it has seen the pod. */
function containersOf(pod: Pod): JobContainer[] {
  const told = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].map(({ name, image }) =>
    containerOf(
      name,
      image,
      told.find((status) => status.name === name),
    ),
  );
}

function containerOf(name: string, image: string | undefined, status: ContainerStatus | undefined): JobContainer {
  const { waiting, running, terminated } = status?.state ?? {};
  return {
    name,
    image: image ?? null,
    state: terminated ? "terminated" : running ? "running" : waiting ? "waiting" : "unknown",
    reason: text(terminated?.reason ?? waiting?.reason),
    message: text(terminated?.message ?? waiting?.message),
    exitCode: terminated?.exitCode ?? null,
    signal: terminated?.signal ?? null,
    startedAt: iso(terminated?.startedAt ?? running?.startedAt),
    endedAt: iso(terminated?.finishedAt),
    restarts: status?.restartCount ?? 0,
    isReady: status?.ready ?? false,
  };
}

type Condition = { type: string; status: string; reason?: string; message?: string; lastTransitionTime?: Date };

function conditionOf({ type, status, reason, message, lastTransitionTime }: Condition): JobCondition {
  return { type, status, reason: text(reason), message: text(message), at: iso(lastTransitionTime) };
}

function eventOf(event: ClusterEvent): ToldEvent {
  const { involvedObject, series, eventTime, metadata } = event;
  const firstAt = event.firstTimestamp ?? eventTime ?? metadata.creationTimestamp;
  return {
    of: involvedObject.kind === "Job" ? "Job" : "Pod",
    type: event.type ?? "Normal",
    reason: event.reason ?? "",
    message: text(event.message) ?? "",
    count: series?.count ?? event.count ?? 1,
    firstAt: iso(firstAt),
    lastAt: iso(series?.lastObservedTime ?? event.lastTimestamp ?? firstAt),
    from: event.source?.component ?? event.reportingComponent ?? null,
  };
}

function byLast(one: ToldEvent, other: ToldEvent): number {
  return (other.lastAt ?? "").localeCompare(one.lastAt ?? "");
}

function text(words: string | undefined): string | null {
  return words === undefined || words === "" ? null : words.slice(0, TEXT_MAX);
}

function iso(at: Date | undefined): string | null {
  return at === undefined || at === null ? null : new Date(at).toISOString();
}
