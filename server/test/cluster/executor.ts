import { expect } from "vitest";
import { type AttemptExit, jobNameOf, type LaunchSpec } from "@/server/executors/executor";
import { createKubernetesExecutor } from "@/server/executors/kubernetes";
import type { Cluster, Pod } from "@/server/kubernetes";
import { ATTEMPT, POLICY } from "./attempt";
import type { TestNamespace } from "./namespace";

let attempts = 0;
/** An attempt that no other test of this process has. */
export function specOf(): LaunchSpec {
  attempts += 1;
  const attemptId = `att_${Date.now()}_${attempts}`;
  return { ...ATTEMPT, attemptId, launchToken: "arl_first", volumeName: "agentrun-volume" };
}

type Options = {
  cluster?: Cluster;
  relistMs?: number;
  endDeadlineMs?: number;
  unschedulableMaxMs?: number;
  activeDeadlineSeconds?: number;
};

/** An executor in a namespace of a test, with all that it told. */
export function openExecutor(place: TestNamespace, options: Options = {}) {
  const { activeDeadlineSeconds = 3_600, cluster = place.cluster, ...more } = options;
  const exits: AttemptExit[] = [];
  const errors: unknown[] = [];
  const executor = createKubernetesExecutor({
    cluster,
    // The namespace of a test has no account but its default.
    policy: { ...POLICY, serviceAccount: null, activeDeadlineSeconds },
    onError: (error) => errors.push(error),
    relistMs: 100,
    endDeadlineMs: 5_000,
    ...more,
  });
  executor.onExit((exit) => exits.push(exit));
  return { executor, exits, errors, [Symbol.asyncDispose]: () => executor.close() };
}

/** The pod that the cluster has made for an attempt. */
export async function podOf(
  place: TestNamespace,
  spec: Pick<LaunchSpec, "attemptId">,
): Promise<{ pod: Pod; name: string }> {
  const labelSelector = `batch.kubernetes.io/job-name=${jobNameOf(spec.attemptId)}`;
  await expect.poll(() => place.cluster.listPods(labelSelector), { timeout: 15_000 }).toHaveLength(1);
  const [pod] = await place.cluster.listPods(labelSelector);
  const name = pod?.metadata?.name;
  if (!pod || !name) throw new Error("the Job has no pod");
  return { pod, name };
}

/** Says of a pod what a node would. */
export async function say(place: TestNamespace, name: string, status: Record<string, unknown>): Promise<void> {
  const { name: namespace, core } = place;
  for (;;) {
    const pod = await core.readNamespacedPod({ name, namespace });
    const body = { ...pod, status: { ...pod.status, ...status } };
    // The scheduler may have said something of it meanwhile.
    const answer = await core
      .replaceNamespacedPodStatus({ name, namespace, body })
      .catch((error: { code?: number }) => {
        if (error.code !== 409) throw error;
        return null;
      });
    if (answer !== null) return;
  }
}

/** The status of a runner's container that ended. */
export const ended = (terminated: Record<string, unknown>) => [
  { name: "runner", image: "i", imageID: "i", ready: false, restartCount: 0, state: { terminated } },
];
