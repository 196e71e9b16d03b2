import { setTimeout as pause } from "node:timers/promises";
import { within } from "@/contract/async";
import type { AttemptDetails, AttemptLog, LogLine } from "@/contract/run-job";
import { LOG_CONTAINERS, type LogContainer } from "@/contract/words";
import { type AttemptRemains, type LogRequest, toJobName } from "@/server/executors/executor";
import { lastLines } from "@/server/executors/log-lines";
import type { Cluster, ClusterEvent, ContainerStatus, Job, Pod } from "@/server/kubernetes";
import { toDetails } from "./details";
import { findNamedJob } from "./jobs";

/**
 * The maximum of bytes that is read of a log. The cluster cuts off the end at this limit, so then fewer lines are
 * requested.
 */
const LIMIT_BYTES = 1024 * 1024;
const REDUCTION_FACTOR = 8;
/** Lines kept of each container once its pod is removed. */
const REMAINS_LINES = 300;
const REMAINS_TRIES = 3;
const REMAINS_PAUSE_MS = 150;

/** Returns what the cluster knows of an attempt; null: neither its Job nor its pod exists. */
export async function inspectAttempt(cluster: Cluster, attemptId: string): Promise<AttemptDetails | null> {
  const jobAndPod = await find(cluster, attemptId);
  return jobAndPod === null ? null : readDetails(cluster, jobAndPod);
}

/** Returns the end of an attempt's log; null: the attempt has no pod. */
export async function readAttemptLog(
  cluster: Cluster,
  attemptId: string,
  request: LogRequest,
): Promise<AttemptLog | null> {
  const pod = await findPod(cluster, toJobName(attemptId));
  return pod === undefined ? null : readPodLog(cluster, pod, request);
}

/**
 * Returns everything that would disappear with the Job, including logs that can be read within `logsMaxMs`; null: it is
 * gone already.
 */
export async function readRemains(
  cluster: Cluster,
  attemptId: string,
  logsMaxMs: number,
): Promise<AttemptRemains | null> {
  const jobAndPod = await find(cluster, attemptId);
  if (jobAndPod === null) return null;
  const { pod } = jobAndPod;
  const faults: string[] = [];
  const logs =
    pod === undefined
      ? []
      : LOG_CONTAINERS.filter((container) => hasStarted(pod, container)).map((container) =>
          readLogWithRetries(cluster, pod, container, logsMaxMs).catch((error: Error) => {
            faults.push(error.message);
            return null;
          }),
        );
  const [details, ...read] = await Promise.all([readDetails(cluster, jobAndPod), ...logs]);
  return {
    attemptId,
    details: { ...details, faults: [...details.faults, ...faults] },
    logs: read.filter((log) => log !== null),
  };
}

/**
 * Reads a log that is about to be lost. A node that is busy ending the container may refuse at first, so it is asked
 * again.
 */
async function readLogWithRetries(
  cluster: Cluster,
  pod: Pod,
  container: LogContainer,
  maxMs: number,
  triesLeft = REMAINS_TRIES,
): Promise<AttemptLog> {
  const startedAt = performance.now();
  try {
    const log = await within(maxMs, readPodLog(cluster, pod, { container, tailLines: REMAINS_LINES }));
    if (log !== null) return log;
  } catch (error) {
    const remainingMs = maxMs - (performance.now() - startedAt) - REMAINS_PAUSE_MS;
    if (triesLeft <= 1 || remainingMs <= 0) throw error;
    await pause(REMAINS_PAUSE_MS);
    return readLogWithRetries(cluster, pod, container, remainingMs, triesLeft - 1);
  }
  throw new Error(`the log of container ${container} could not be read in time`);
}

type JobAndPod = { job: Job | null; pod: Pod | undefined };

async function find(cluster: Cluster, attemptId: string): Promise<JobAndPod | null> {
  const name = toJobName(attemptId);
  const [job, pod] = await Promise.all([findNamedJob(cluster, name), findPod(cluster, name)]);
  return job === null && pod === undefined ? null : { job, pod };
}

async function readDetails(cluster: Cluster, { job, pod }: JobAndPod): Promise<AttemptDetails> {
  const faults: string[] = [];
  const readEvents = async (kind: "Job" | "Pod", name: string | undefined): Promise<ClusterEvent[]> => {
    if (name === undefined) return [];
    // A failure here does not keep the other facts from being returned.
    return cluster.listEvents(kind, name).catch((error: Error) => {
      faults.push(error.message);
      return [];
    });
  };
  const events = await Promise.all([readEvents("Job", job?.metadata?.name), readEvents("Pod", pod?.metadata?.name)]);
  return toDetails({ job, pod, events: events.flat(), faults });
}

async function readPodLog(cluster: Cluster, pod: Pod, request: LogRequest): Promise<AttemptLog> {
  const containers = LOG_CONTAINERS.filter((container) => findStatus(pod, container) !== undefined);
  const container =
    request.container ?? LOG_CONTAINERS.findLast((candidate) => hasStarted(pod, candidate)) ?? "prepare";
  const status = findStatus(pod, container);
  if (!hasStarted(pod, container)) {
    const { reason, message } = status?.state?.waiting ?? {};
    const detail = [reason ?? pod.status?.phase, message]
      .filter((part) => part !== undefined && part !== "")
      .join(": ");
    const note = `The container ${container} has not started: ${detail}`;
    return { container, containers, lines: [], isCut: false, note };
  }
  const { logLines, isShort } = await readLines(cluster, pod.metadata?.name ?? "", {
    container,
    tailLines: request.tailLines,
  });
  const { lines, isCut } = lastLines(logLines, request.tailLines);
  return { container, containers, lines, isCut: isCut || isShort, note: null };
}

/** Requests one line more than asked for, to find out whether there are more. */
async function readLines(
  cluster: Cluster,
  name: string,
  { container, tailLines }: { container: LogContainer; tailLines: number },
): Promise<{ logLines: LogLine[]; isShort: boolean }> {
  for (let lines = tailLines + 1; ; lines = Math.ceil(lines / REDUCTION_FACTOR)) {
    const text = await cluster.readLog(name, { container, tailLines: lines, limitBytes: LIMIT_BYTES });
    if (text.length >= LIMIT_BYTES && lines > 1) continue;
    const logLines = text.split("\n").slice(0, text.endsWith("\n") ? -1 : undefined);
    return { logLines: logLines.map(parseLine), isShort: lines <= tailLines };
  }
}

function parseLine(line: string): LogLine {
  const { at, text } = /^(?<at>\d{4}-\d\d-\d\dT\S+) (?<text>.*)$/s.exec(line)?.groups ?? {};
  if (at === undefined || text === undefined) return { at: null, text: line };
  const instant = new Date(at);
  return Number.isNaN(instant.getTime()) ? { at: null, text: line } : { at: instant.toISOString(), text };
}

function findStatus(pod: Pod, container: LogContainer): ContainerStatus | undefined {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  return statuses.find(({ name }) => name === container);
}

function hasStarted(pod: Pod, container: LogContainer): boolean {
  const { running, terminated } = findStatus(pod, container)?.state ?? {};
  return running !== undefined || terminated !== undefined;
}

async function findPod(cluster: Cluster, jobName: string): Promise<Pod | undefined> {
  const [pod] = await cluster.listPods(`batch.kubernetes.io/job-name=${jobName}`);
  return pod;
}
