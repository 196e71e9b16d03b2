import { toJobName } from "@/server/executors/executor";
import { type Cluster, isKubernetesProblem, type Job, type Pod } from "@/server/kubernetes";
import { ATTEMPT } from "./pod";

/**
 * Finds this attempt's Job; null: there is none. A Job that others made under that name is not ours to judge or to end.
 */
export async function findJob(cluster: Cluster, attemptId: string): Promise<Job | null> {
  const job = await findNamedJob(cluster, toJobName(attemptId));
  return job?.metadata?.annotations?.[ATTEMPT] === attemptId ? job : null;
}

/** Finds a Job by its name, whoever made it; null: there is none. */
export async function findNamedJob(cluster: Cluster, name: string): Promise<Job | null> {
  try {
    return await cluster.readJob(name);
  } catch (error) {
    if (isKubernetesProblem(error, "not-found")) return null;
    throw error;
  }
}

export async function listPods(cluster: Cluster, attemptId: string): Promise<Pod[]> {
  const pods = await cluster.listPods(`batch.kubernetes.io/job-name=${toJobName(attemptId)}`);
  return pods.filter(({ metadata }) => metadata?.annotations?.[ATTEMPT] === attemptId);
}

/** Deletes the Job with this uid. A deletion of unknown outcome is not an error: the caller looks again. */
export async function removeJob(cluster: Cluster, attemptId: string, uid: string): Promise<void> {
  await cluster.deleteJob(toJobName(attemptId), { uid }).catch((error: unknown) => {
    if (!isKubernetesProblem(error, "not-found", "conflict", "unknown")) throw error;
  });
}
