import { UnavailableError } from "@/server/errors";
import { toJobName } from "@/server/executors/executor";
import { type Cluster, isKubernetesProblem, type Job, type Secret } from "@/server/kubernetes";
import { findNamedJob } from "./jobs";
import { ATTEMPT, tokenSecret } from "./pod";
import type { ExecutorState } from "./state";

const SECRET_TRIES_MAX = 3;

/**
 * Starts an attempt. A Job of this attempt that already exists is adopted, so a launch of unknown outcome can be
 * repeated: the API server refuses a second Job of that name. A Job that appears late, after its attempt was given up,
 * has no Secret, and its pod cannot start without one.
 */
export async function startJob(
  { cluster, ends }: ExecutorState,
  { attemptId, token }: { attemptId: string; token: string },
  body: Job,
): Promise<void> {
  ends.assertNone(attemptId);
  const name = toJobName(attemptId);
  const job = await createJob(cluster, name, body);
  const { uid, annotations, deletionTimestamp } = job.metadata ?? {};
  if (uid === undefined || annotations?.[ATTEMPT] !== attemptId) {
    throw new UnavailableError("executor-unavailable", `Job ${name} is there and is not of this attempt: remove it`);
  }
  if (deletionTimestamp !== undefined)
    throw new UnavailableError("executor-unavailable", `Job ${name} is being deleted`, "request");
  await createSecret(cluster, tokenSecret(attemptId, token, uid));
}

/** Creates the Job, or returns the one that already has its name. */
async function createJob(cluster: Cluster, name: string, body: Job): Promise<Job> {
  try {
    return await cluster.createJob(body);
  } catch (error) {
    if (!isKubernetesProblem(error, "already-exists", "unknown")) throw error;
    const job = await findNamedJob(cluster, name);
    if (job === null) throw error;
    return job;
  }
}

/**
 * Creates the attempt's Secret, or replaces one left by an earlier launch or by a call whose answer was lost: each
 * launch has a token of its own, and only the newest is known to be valid. The server may not read Secrets, so
 * replacing one is the way to find out whether it exists.
 */
async function createSecret(cluster: Cluster, secret: Secret): Promise<void> {
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

/** Returns what a call threw; null: it succeeded. */
async function refusalOf(call: Promise<void>): Promise<unknown> {
  try {
    await call;
    return null;
  } catch (error) {
    return error;
  }
}
