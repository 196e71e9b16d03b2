import { toJobName } from "@/server/executors/executor";
import type { Job, Pod } from "@/server/kubernetes";
import { endAttemptJob } from "./end";
import { findJob, listPods } from "./jobs";
import {
  findPodless,
  findUnstartable,
  hasEnded,
  isFinished,
  lastWarning,
  toOutcome,
  type Unstartable,
} from "./outcome";
import { ATTEMPT } from "./pod";
import type { ExecutorState } from "./state";

/** Looks at every Job of this installation: reports those that have ended, and gives up those that cannot start. */
export async function checkAllJobs(state: ExecutorState): Promise<void> {
  const present = new Set<string>();
  for await (const jobs of state.cluster.listJobs(state.labelSelector)) {
    for (const job of jobs) {
      present.add(job.metadata?.uid ?? "");
      // A Job that cannot be judged is reported and looked at again later; the Jobs after it do not wait for it.
      await handleJob(state, job).catch(state.onError);
    }
  }
  state.exits.forgetAbsent(present);
}

/** Does the same for the Job of one attempt. */
export async function checkJob(state: ExecutorState, attemptId: string): Promise<void> {
  const job = await findJob(state.cluster, attemptId);
  if (job !== null) await handleJob(state, job);
}

async function handleJob(state: ExecutorState, job: Job): Promise<void> {
  const { uid = "", annotations, deletionTimestamp } = job.metadata ?? {};
  const attemptId = annotations?.[ATTEMPT];
  if (attemptId === undefined) return;
  if (state.exits.isReported(uid)) {
    if (deletionTimestamp === undefined) await state.exits.collectAndRemove(attemptId, uid);
  } else if (isFinished(job)) await reportEnd(state, job, { attemptId, uid });
  else await giveUpUnstartable(state, job, { attemptId, uid });
}

type Identity = { attemptId: string; uid: string };

async function reportEnd({ cluster, exits }: ExecutorState, job: Job, { attemptId, uid }: Identity): Promise<void> {
  const pods = await listPods(cluster, attemptId);
  // A Job may be called failed while its pod still runs, on a node that does not answer.
  if (!pods.every(hasEnded)) return;
  await exits.report(uid, { attemptId, signal: null, ...toOutcome(job, pods[0]) });
}

async function giveUpUnstartable(state: ExecutorState, job: Job, identity: Identity): Promise<void> {
  const { cluster, startLimits, givingUp, onError } = state;
  const { attemptId, uid } = identity;
  // A pod that is ready needs no closer look: only one that has not started, or that has long been missing.
  const { active = 0, ready = 0 } = job.status ?? {};
  const podlessJob = active === 0 ? findPodless(job, startLimits, Date.now()) : null;
  if ((active === 0 && podlessJob === null) || ready > 0 || givingUp.has(uid)) return;
  const [pod] = await listPods(cluster, attemptId);
  const unstartable = pod ? findUnstartable(pod, startLimits, Date.now()) : podlessJob;
  if (!unstartable) return;
  // Runs beside the look: before this Job is gone, others may have ended.
  givingUp.add(uid);
  giveUp(state, identity, { pod, unstartable })
    .catch(onError)
    .finally(() => givingUp.delete(uid));
}

async function giveUp(
  state: ExecutorState,
  { attemptId, uid }: Identity,
  { pod, unstartable }: { pod: Pod | undefined; unstartable: Unstartable },
): Promise<void> {
  const { cause, needsLastWarning } = unstartable;
  const warning = needsLastWarning ? await readLastWarning(state, attemptId, pod) : null;
  if ((await endAttemptJob(state, attemptId)) !== "gone") return;
  const reason = warning === null ? unstartable.message : `${unstartable.message}; ${warning}`;
  const message = `its pod could not start: ${reason}`;
  await state.exits.report(uid, { attemptId, code: null, signal: null, message, cause });
}

/** Returns the last warning event, such as a volume that cannot be mounted, which a pod's own status does not show. */
async function readLastWarning(
  { cluster, onError }: ExecutorState,
  attemptId: string,
  pod: Pod | undefined,
): Promise<string | null> {
  try {
    const events = pod
      ? await cluster.listEvents("Pod", pod.metadata?.name ?? "")
      : await cluster.listEvents("Job", toJobName(attemptId));
    return lastWarning(events);
  } catch (error) {
    // The Job is given up all the same.
    onError(error);
    return null;
  }
}
