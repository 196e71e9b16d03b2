import { UnavailableError } from "@/server/errors";
import { createEnds } from "@/server/executors/ends";
import {
  type AttemptEnding,
  type AttemptExit,
  type Executor,
  type ExitListener,
  jobNameOf,
  type Observation,
  type RemainsListener,
} from "@/server/executors/executor";
import { type Cluster, isKubernetesProblem, type Job, type Pod, type Secret } from "@/server/kubernetes";
import { archiverJobFor } from "./archiver-manifest";
import { inspectAttempt, readAttemptLog } from "./inspect";
import { startLooks } from "./looks";
import { jobFor } from "./manifests";
import { findHopeless, findPodless, type Hopeless, hasEnded, isFinished, lastWarning, outcomeOf } from "./outcome";
import { ATTEMPT, type JobPolicy, selectorOf, tokenSecret } from "./pod";
import { createRemainsCollector } from "./remains-collector";

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
const GONE_POLL_MS = 200;
const SECRET_TRIES_MAX = 3;

/** Runs attempts as Jobs of one namespace, one Job for each attempt. */
export function createKubernetesExecutor(options: KubernetesExecutorOptions): Executor {
  const { cluster, policy } = options;
  const { unschedulableMaxMs = UNSCHEDULABLE_MAX_MS, stalledMaxMs = STALLED_MAX_MS } = options;
  const patience = { unschedulableMaxMs, stalledMaxMs };
  const keeper = createRemainsCollector(cluster, options.onError);
  const labelSelector = selectorOf(policy.installationId);
  const listeners = new Set<ExitListener>();
  const ends = createEnds();
  /** Uids of Jobs whose end was reported and recorded; the Jobs may stay in the cluster for a while. */
  const told = new Set<string>();
  /** Uids of Jobs that are being given up. */
  const ending = new Set<string>();
  let isClosed = false;

  async function findNamed(name: string): Promise<Job | null> {
    try {
      return await cluster.readJob(name);
    } catch (error) {
      if (isKubernetesProblem(error, "not-found")) return null;
      throw error;
    }
  }

  /**
   * Finds this attempt's Job; null: there is none. A Job that others made under that name is not ours to judge or to
   * end.
   */
  async function findJob(attemptId: string): Promise<Job | null> {
    const job = await findNamed(jobNameOf(attemptId));
    return job?.metadata?.annotations?.[ATTEMPT] === attemptId ? job : null;
  }

  async function createJob(attemptId: string, body: Job): Promise<Job> {
    try {
      return await cluster.createJob(body);
    } catch (error) {
      if (!isKubernetesProblem(error, "already-exists", "unknown")) throw error;
      const job = await findNamed(jobNameOf(attemptId));
      if (job === null) throw error;
      return job;
    }
  }

  /**
   * Creates the attempt's Secret, or replaces one left by an earlier launch or by a call whose answer was lost: each
   * launch has a token of its own, and only the newest is known to be valid. The server may not read Secrets, so
   * replacing one is the way to find out whether it exists.
   */
  async function createSecret(secret: Secret): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const refusal = await refusalOf(cluster.createSecret(secret));
      if (refusal === null) return;
      if (!isKubernetesProblem(refusal, "already-exists", "unknown")) throw refusal;
      const absence = await refusalOf(cluster.replaceSecret(secret));
      if (absence === null) return;
      if (!isKubernetesProblem(absence, "not-found")) throw absence;
      // It was not created after all, or it was removed with the Job that owned it.
      if (tries === SECRET_TRIES_MAX) throw refusal;
    }
  }

  async function lookAtAll(): Promise<void> {
    const present = new Set<string>();
    for await (const jobs of cluster.listJobs(labelSelector)) {
      for (const job of jobs) {
        present.add(job.metadata?.uid ?? "");
        // A Job that cannot be judged is reported and looked at again later; the Jobs after it do not wait for it.
        await judge(job).catch(options.onError);
      }
    }
    for (const uid of told) if (!present.has(uid)) told.delete(uid);
  }

  async function lookAt(attemptId: string): Promise<void> {
    const job = await findJob(attemptId);
    if (job !== null) await judge(job);
  }

  async function judge(job: Job): Promise<void> {
    const { uid = "", annotations } = job.metadata ?? {};
    const attemptId = annotations?.[ATTEMPT];
    if (attemptId === undefined) return;
    if (told.has(uid)) {
      if (job.metadata?.deletionTimestamp === undefined) await keepAndRemove(attemptId, uid);
      return;
    }
    if (isFinished(job)) {
      const pods = await podsOf(attemptId);
      // A Job may be called failed while its pod still runs, on a node that does not answer.
      if (!pods.every(hasEnded)) return;
      const { message: stderrTail, ...outcome } = outcomeOf(job, pods[0]);
      await tell(uid, { attemptId, signal: null, stderrTail, ...outcome });
      return;
    }
    // A pod that is ready needs no closer look: only one that has not started, or that has long been missing.
    const { active = 0, ready = 0 } = job.status ?? {};
    const podless = active === 0 ? findPodless(job, patience, Date.now()) : null;
    if ((active === 0 && podless === null) || ready > 0 || ending.has(uid)) return;
    const [pod] = await podsOf(attemptId);
    const hopeless = pod ? findHopeless(pod, patience, Date.now()) : podless;
    if (!hopeless) return;
    // Runs beside the look: before this Job is gone, others may have ended.
    ending.add(uid);
    giveUp(attemptId, { uid, pod, hopeless })
      .catch(options.onError)
      .finally(() => ending.delete(uid));
  }

  async function giveUp(
    attemptId: string,
    given: { uid: string; pod: Pod | undefined; hopeless: Hopeless },
  ): Promise<void> {
    const { uid, pod, hopeless } = given;
    const { cause, message, hasMoreWords } = hopeless;
    const more = hasMoreWords ? await lastWarningOf(attemptId, pod) : null;
    if ((await end(attemptId)) !== "gone") return;
    const stderrTail = `its pod could not start: ${more === null ? message : `${message}; ${more}`}`;
    await tell(uid, { attemptId, code: null, signal: null, stderrTail, cause });
  }

  /**
   * Returns the last warning event, such as a volume that cannot be mounted, which a pod's own status does not show.
   */
  async function lastWarningOf(attemptId: string, pod: Pod | undefined): Promise<string | null> {
    try {
      const events = pod
        ? await cluster.listEvents("Pod", pod.metadata?.name ?? "")
        : await cluster.listEvents("Job", jobNameOf(attemptId));
      return lastWarning(events);
    } catch (error) {
      // The Job is given up all the same.
      options.onError(error);
      return null;
    }
  }

  async function removeJob(attemptId: string, uid: string): Promise<void> {
    await cluster.deleteJob(jobNameOf(attemptId), { uid }).catch((error: unknown) => {
      if (!isKubernetesProblem(error, "not-found", "conflict", "unknown")) throw error;
    });
  }

  /**
   * Reports an end. The Job stays until the listeners have recorded it, and is then removed at once, because even a
   * finished pod holds its PVC.
   */
  async function tell(uid: string, exit: AttemptExit): Promise<void> {
    if (isClosed) return;
    try {
      await Promise.all([...listeners].map((listener) => listener(exit)));
    } catch {
      // The listener has logged the cause. The next look reports the end again, and no other end waits for it.
      return;
    }
    told.add(uid);
    const removal = keepAndRemove(exit.attemptId, uid).catch(options.onError);
    // No end waits for the remains of another, unless very many end at once.
    if (keeper.isBusy()) await removal;
  }

  /**
   * Keeps what is left of a Job for later readers, then removes the Job. It only delays the removal of its Job, and
   * only briefly.
   */
  async function keepAndRemove(attemptId: string, uid: string): Promise<void> {
    await keeper.keep(attemptId, uid);
    await removeJob(attemptId, uid);
  }

  async function podsOf(attemptId: string): Promise<Pod[]> {
    const pods = await cluster.listPods(`batch.kubernetes.io/job-name=${jobNameOf(attemptId)}`);
    return pods.filter(({ metadata }) => metadata?.annotations?.[ATTEMPT] === attemptId);
  }

  function end(attemptId: string): Promise<AttemptEnding> {
    return ends.join(attemptId, async () => endJob(attemptId, await findJob(attemptId)));
  }

  /**
   * Ends a Job. It is gone once the cluster no longer lists the Job or any of its pods; a node that does not answer
   * keeps its pods.
   */
  async function endJob(attemptId: string, job: Job | null): Promise<AttemptEnding> {
    const deadline = Date.now() + (options.endDeadlineMs ?? END_DEADLINE_MS);
    const uid = job?.metadata?.uid;
    if (uid !== undefined && job?.metadata?.deletionTimestamp === undefined) await keepAndRemove(attemptId, uid);
    for (;;) {
      const left = await findJob(attemptId);
      const isJobGone = left?.metadata?.uid !== uid || uid === undefined;
      if (isJobGone && (await podsOf(attemptId)).length === 0) return "gone";
      // A deletion that was not answered, or refused for the moment, may not have taken place.
      if (!isJobGone && left?.metadata?.deletionTimestamp === undefined) await removeJob(attemptId, uid);
      if (Date.now() > deadline) return "unconfirmed";
      await new Promise((resolve) => setTimeout(resolve, GONE_POLL_MS));
    }
  }

  /**
   * Starts an attempt. A Job of this attempt that already exists is adopted, so a launch of unknown outcome can be
   * repeated: the API server refuses a second Job of that name. A Job that appears late, after its attempt was given
   * up, has no Secret, and its pod cannot start without one.
   */
  async function start({ attemptId, token }: { attemptId: string; token: string }, body: Job): Promise<void> {
    ends.assertNone(attemptId);
    const job = await createJob(attemptId, body);
    const { uid, annotations, deletionTimestamp } = job.metadata ?? {};
    const name = jobNameOf(attemptId);
    if (uid === undefined || annotations?.[ATTEMPT] !== attemptId) {
      throw new UnavailableError("executor-unavailable", `Job ${name} is there and is not of this attempt: remove it`);
    }
    if (deletionTimestamp !== undefined)
      throw new UnavailableError("executor-unavailable", `Job ${name} is being deleted`, "request");
    await createSecret(tokenSecret(attemptId, token, uid));
  }

  const { onError, relistMs = RELIST_MS } = options;
  const looks = startLooks({ cluster, labelSelector, lookAtAll, lookAt, relistMs, onError });

  return {
    launch: (spec) => start({ attemptId: spec.attemptId, token: spec.launchToken }, jobFor(spec, policy)),
    launchArchiver: (spec) => start(spec, archiverJobFor(spec, policy)),
    end,
    async observe(attemptId): Promise<Observation> {
      try {
        const job = await findJob(attemptId);
        if (!(await podsOf(attemptId)).every(hasEnded)) return "running";
        return job === null || isFinished(job) ? "gone" : "running";
      } catch {
        // The caller must not take silence for an end. The next look logs the cause.
        return "unknown";
      }
    },
    async *list() {
      for await (const jobs of cluster.listJobs(labelSelector)) {
        yield jobs.flatMap((job) => {
          const { name = "", uid = "", annotations, deletionTimestamp } = job.metadata ?? {};
          const attemptId = annotations?.[ATTEMPT];
          const isEnding = deletionTimestamp !== undefined || isFinished(job);
          return attemptId === undefined ? [] : [{ attemptId, uid, name, isEnding }];
        });
      }
    },
    async endStarted({ attemptId, uid }) {
      const job = await findJob(attemptId);
      return job?.metadata?.uid === uid ? ends.join(attemptId, () => endJob(attemptId, job)) : "gone";
    },
    onExit(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    inspect: (attemptId) => inspectAttempt(cluster, attemptId),
    readLog: (attemptId, ask) => readAttemptLog(cluster, attemptId, ask),
    onRemains: (listener: RemainsListener) => keeper.onRemains(listener),
    async close() {
      isClosed = true;
      looks.close();
      keeper.close();
      listeners.clear();
    },
  };
}

/** Returns what a call threw; null: it succeeded. */
async function refusalOf(call: Promise<void>): Promise<unknown> {
  try {
    await call;
    return null;
  } catch (error) {
    return error;
  }
}
