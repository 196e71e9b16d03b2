import type { AttemptEnding } from "@/server/executors/executor";
import type { Job } from "@/server/kubernetes";
import { findJob, listPods, removeJob } from "./jobs";
import type { ExecutorState } from "./state";

const GONE_POLL_MS = 200;

/** Ends the attempt's Job, whichever it is. */
export function endAttemptJob(state: ExecutorState, attemptId: string): Promise<AttemptEnding> {
  return state.ends.join(attemptId, async () => endJob(state, attemptId, await findJob(state.cluster, attemptId)));
}

/** Ends the attempt's Job only if it has this uid; a later Job of the same name is left alone. */
export async function endExactJob(state: ExecutorState, attemptId: string, uid: string): Promise<AttemptEnding> {
  const job = await findJob(state.cluster, attemptId);
  return job?.metadata?.uid === uid ? state.ends.join(attemptId, () => endJob(state, attemptId, job)) : "gone";
}

/**
 * Ends a Job. It is gone once the cluster no longer lists the Job or any of its pods; a node that does not answer keeps
 * its pods.
 */
async function endJob(state: ExecutorState, attemptId: string, job: Job | null): Promise<AttemptEnding> {
  const { cluster, exits, endDeadlineMs } = state;
  const deadline = Date.now() + endDeadlineMs;
  const uid = job?.metadata?.uid;
  if (uid !== undefined && job?.metadata?.deletionTimestamp === undefined) await exits.collectAndRemove(attemptId, uid);
  for (;;) {
    const left = await findJob(cluster, attemptId);
    const isJobGone = left?.metadata?.uid !== uid || uid === undefined;
    if (isJobGone && (await listPods(cluster, attemptId)).length === 0) return "gone";
    // A deletion that was not answered, or refused for the moment, may not have taken place.
    if (!isJobGone && left?.metadata?.deletionTimestamp === undefined) await removeJob(cluster, attemptId, uid);
    if (Date.now() > deadline) return "unconfirmed";
    await new Promise((resolve) => setTimeout(resolve, GONE_POLL_MS));
  }
}
