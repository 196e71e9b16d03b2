import type { Observation, Started } from "@/server/executors/executor";
import type { Cluster, Job } from "@/server/kubernetes";
import { findJob, listPods } from "./jobs";
import { hasEnded, isFinished } from "./outcome";
import { ATTEMPT } from "./pod";

/** Returns whether anything of an attempt runs. */
export async function observeAttempt(cluster: Cluster, attemptId: string): Promise<Observation> {
  try {
    const job = await findJob(cluster, attemptId);
    if (!(await listPods(cluster, attemptId)).every(hasEnded)) return "running";
    return job === null || isFinished(job) ? "gone" : "running";
  } catch {
    // The caller must not take silence for an end. The next look logs the cause.
    return "unknown";
  }
}

/** Lists in pages the Jobs that the selector finds and that belong to an attempt. */
export async function* listStarted(cluster: Cluster, labelSelector: string): AsyncGenerator<Started[]> {
  for await (const jobs of cluster.listJobs(labelSelector)) yield jobs.flatMap((job) => toStarted(job) ?? []);
}

function toStarted(job: Job): Started | null {
  const { name = "", uid = "", annotations, deletionTimestamp } = job.metadata ?? {};
  const attemptId = annotations?.[ATTEMPT];
  const isEnding = deletionTimestamp !== undefined || isFinished(job);
  return attemptId === undefined ? null : { attemptId, uid, name, isEnding };
}
