import { jobNameOf } from "@/server/executors/executor";
import type { Job, Pod } from "@/server/kubernetes";
import { endAttemptJob } from "./end";
import { findJob, listPods } from "./jobs";
import { findHopeless, findPodless, type Hopeless, hasEnded, isFinished, lastWarning, outcomeOf } from "./outcome";
import { ATTEMPT } from "./pod";
import type { ExecutorState } from "./state";

/** Looks at every Job of this installation: reports those that have ended, and gives up those that cannot start. */
export async function lookAtAll(state: ExecutorState): Promise<void> {
  const present = new Set<string>();
  for await (const jobs of state.cluster.listJobs(state.labelSelector)) {
    for (const job of jobs) {
      present.add(job.metadata?.uid ?? "");
      // A Job that cannot be judged is reported and looked at again later; the Jobs after it do not wait for it.
      await judge(state, job).catch(state.onError);
    }
  }
  state.exits.forgetAbsent(present);
}

/** Does the same for the Job of one attempt. */
export async function lookAt(state: ExecutorState, attemptId: string): Promise<void> {
  const job = await findJob(state.cluster, attemptId);
  if (job !== null) await judge(state, job);
}

async function judge(state: ExecutorState, job: Job): Promise<void> {
  const { uid = "", annotations, deletionTimestamp } = job.metadata ?? {};
  const attemptId = annotations?.[ATTEMPT];
  if (attemptId === undefined) return;
  if (state.exits.isReported(uid)) {
    if (deletionTimestamp === undefined) await state.exits.keepAndRemove(attemptId, uid);
  } else if (isFinished(job)) await reportEnd(state, job, { attemptId, uid });
  else await giveUpHopeless(state, job, { attemptId, uid });
}

type Identity = { attemptId: string; uid: string };

async function reportEnd({ cluster, exits }: ExecutorState, job: Job, { attemptId, uid }: Identity): Promise<void> {
  const pods = await listPods(cluster, attemptId);
  // A Job may be called failed while its pod still runs, on a node that does not answer.
  if (!pods.every(hasEnded)) return;
  await exits.report(uid, { attemptId, signal: null, ...outcomeOf(job, pods[0]) });
}

async function giveUpHopeless(state: ExecutorState, job: Job, identity: Identity): Promise<void> {
  const { cluster, patience, givingUp, onError } = state;
  const { attemptId, uid } = identity;
  // A pod that is ready needs no closer look: only one that has not started, or that has long been missing.
  const { active = 0, ready = 0 } = job.status ?? {};
  const podless = active === 0 ? findPodless(job, patience, Date.now()) : null;
  if ((active === 0 && podless === null) || ready > 0 || givingUp.has(uid)) return;
  const [pod] = await listPods(cluster, attemptId);
  const hopeless = pod ? findHopeless(pod, patience, Date.now()) : podless;
  if (!hopeless) return;
  // Runs beside the look: before this Job is gone, others may have ended.
  givingUp.add(uid);
  giveUp(state, identity, { pod, hopeless })
    .catch(onError)
    .finally(() => givingUp.delete(uid));
}

async function giveUp(
  state: ExecutorState,
  { attemptId, uid }: Identity,
  { pod, hopeless }: { pod: Pod | undefined; hopeless: Hopeless },
): Promise<void> {
  const { cause, hasMoreWords } = hopeless;
  const more = hasMoreWords ? await lastWarningOf(state, attemptId, pod) : null;
  if ((await endAttemptJob(state, attemptId)) !== "gone") return;
  const why = more === null ? hopeless.message : `${hopeless.message}; ${more}`;
  const message = `its pod could not start: ${why}`;
  await state.exits.report(uid, { attemptId, code: null, signal: null, message, cause });
}

/** Returns the last warning event, such as a volume that cannot be mounted, which a pod's own status does not show. */
async function lastWarningOf(
  { cluster, onError }: ExecutorState,
  attemptId: string,
  pod: Pod | undefined,
): Promise<string | null> {
  try {
    const events = pod
      ? await cluster.listEvents("Pod", pod.metadata?.name ?? "")
      : await cluster.listEvents("Job", jobNameOf(attemptId));
    return lastWarning(events);
  } catch (error) {
    // The Job is given up all the same.
    onError(error);
    return null;
  }
}
