import { createEnds } from "@/server/executors/ends";
import type { Executor } from "@/server/executors/executor";
import type { Cluster } from "@/server/kubernetes";
import { archiverJobFor } from "./archiver-manifest";
import { checkAllJobs, checkJob } from "./check-jobs";
import { endAttemptJob, endExactJob } from "./end";
import { createExitReporter } from "./exit-reporter";
import { inspectAttempt, readAttemptLog } from "./inspect";
import { startJobWatcher } from "./job-watcher";
import { jobFor } from "./manifests";
import { listStarted, observeAttempt } from "./observe";
import { type JobPolicy, selectorOf } from "./pod";
import { startJob } from "./start";
import type { ExecutorState } from "./state";

export type KubernetesExecutorOptions = {
  cluster: Cluster;
  policy: JobPolicy;
  onError: (error: unknown) => void;
  /** The longest time between two looks at all Jobs, whatever a watch reports. */
  relistMs?: number;
  endDeadlineMs?: number;
  /** A pod that has found no node for this long is given up. */
  unschedulableMaxMs?: number;
  /** A pod that has a node and runs nothing for this long is given up, and so is a Job without a pod. */
  stalledMaxMs?: number;
};

const RELIST_MS = 30_000;
const END_DEADLINE_MS = 45_000;
const UNSCHEDULABLE_MAX_MS = 10 * 60_000;
/** Pulling a large image over a slow connection, or first attaching a volume, takes minutes. */
const STALLED_MAX_MS = 15 * 60_000;

/** Runs attempts as Jobs of one namespace, one Job for each attempt. */
export function createKubernetesExecutor(options: KubernetesExecutorOptions): Executor {
  const { cluster, policy, onError, relistMs = RELIST_MS } = options;
  const state = createState(options);
  const { labelSelector, exits } = state;
  const jobWatcher = startJobWatcher({
    cluster,
    labelSelector,
    relistMs,
    onError,
    checkAllJobs: () => checkAllJobs(state),
    checkJob: (attemptId) => checkJob(state, attemptId),
  });
  return {
    launch: (spec) => startJob(state, { attemptId: spec.attemptId, token: spec.launchToken }, jobFor(spec, policy)),
    launchArchiver: (spec) => startJob(state, spec, archiverJobFor(spec, policy)),
    end: (attemptId) => endAttemptJob(state, attemptId),
    endStarted: ({ attemptId, uid }) => endExactJob(state, attemptId, uid),
    observe: (attemptId) => observeAttempt(cluster, attemptId),
    list: () => listStarted(cluster, labelSelector),
    onExit: (listener) => exits.onExit(listener),
    inspect: (attemptId) => inspectAttempt(cluster, attemptId),
    readLog: (attemptId, ask) => readAttemptLog(cluster, attemptId, ask),
    onRemains: (listener) => exits.onRemains(listener),
    async close() {
      jobWatcher.close();
      exits.close();
    },
  };
}

function createState(options: KubernetesExecutorOptions): ExecutorState {
  const { cluster, policy, onError, endDeadlineMs = END_DEADLINE_MS } = options;
  const { unschedulableMaxMs = UNSCHEDULABLE_MAX_MS, stalledMaxMs = STALLED_MAX_MS } = options;
  return {
    cluster,
    endDeadlineMs,
    onError,
    labelSelector: selectorOf(policy.installationId),
    startLimits: { unschedulableMaxMs, stalledMaxMs },
    ends: createEnds(),
    exits: createExitReporter(cluster, onError),
    givingUp: new Set(),
  };
}
