import type * as k8s from "@kubernetes/client-node";
import { expect } from "vitest";
import { toJobName } from "@/server/executors/executor";
import type { Pod } from "@/server/kubernetes";
import type { TestNamespace } from "./namespace";

/** Returns the pod that the cluster made for an attempt's Job. */
export async function waitForPod(place: TestNamespace, attemptId: string): Promise<{ pod: Pod; name: string }> {
  const labelSelector = `batch.kubernetes.io/job-name=${toJobName(attemptId)}`;
  await expect.poll(() => place.cluster.listPods(labelSelector), { timeout: 15_000 }).toHaveLength(1);
  const [pod] = await place.cluster.listPods(labelSelector);
  const name = pod?.metadata?.name;
  if (!pod || !name) throw new Error("the Job has no pod");
  return { pod, name };
}

/** Sets the status of a pod, as a node would. */
export async function setPodStatus(place: TestNamespace, name: string, status: Record<string, unknown>): Promise<void> {
  const { name: namespace, core } = place;
  for (;;) {
    const pod = await core.readNamespacedPod({ name, namespace });
    const body = { ...pod, status: { ...pod.status, ...status } };
    // The scheduler may have changed the status meanwhile.
    const answer = await core
      .replaceNamespacedPodStatus({ name, namespace, body })
      .catch((error: { code?: number }) => {
        if (error.code !== 409) throw error;
        return null;
      });
    if (answer !== null) return;
  }
}

/** Makes the status of a pod whose only container has ended. */
export function ended(terminated: Partial<k8s.V1ContainerStateTerminated>): object[] {
  return [{ name: "runner", image: "i", imageID: "i", ready: false, restartCount: 0, state: { terminated } }];
}

/** Makes a pod that mounts a claim and that no node will ever end: it holds the claim until somebody deletes it. */
export async function useClaim(
  core: k8s.CoreV1Api,
  use: { namespace: string; claimName: string; podName: string },
): Promise<void> {
  const { namespace, claimName, podName } = use;
  await core.createNamespacedPod({
    namespace,
    body: {
      metadata: { name: podName },
      spec: {
        nodeName: "nowhere",
        containers: [{ name: "one", image: "none", volumeMounts: [{ name: "volume", mountPath: "/volume" }] }],
        volumes: [{ name: "volume", persistentVolumeClaim: { claimName } }],
      },
    },
  });
}

/**
 * Binds a pod to a node that does not exist, so that nobody will report its end. The cluster deletes the pods of such a
 * node 40 seconds after it first meets the node's name. So each test has a node name of its own: a shared one would
 * have been met long before.
 */
export async function bindToLostNode({ core, name: namespace }: TestNamespace, name: string): Promise<void> {
  // Otherwise a scheduler that is just looking for a node would mark the pod as unschedulable after it was bound.
  const readScheduledCondition = async () => {
    const { status } = await core.readNamespacedPod({ name, namespace });
    return status?.conditions?.find(({ type }) => type === "PodScheduled");
  };
  await expect.poll(readScheduledCondition, { timeout: 60_000 }).toBeDefined();
  const target = { kind: "Node", name: lostNodeName({ name: namespace }) };
  await core.createNamespacedPodBinding({ name, namespace, body: { metadata: { name }, target } });
}

/** Names the missing node of a test's namespace. */
export function lostNodeName({ name }: Pick<TestNamespace, "name">): string {
  return `lost-node-of-${name}`;
}
