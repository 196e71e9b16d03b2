import { randomBytes } from "node:crypto";
import * as k8s from "@kubernetes/client-node";
import { inject } from "vitest";
import { Cluster } from "@/server/kubernetes";

export interface TestNamespace extends AsyncDisposable {
  name: string;
  cluster: Cluster;
  core: k8s.CoreV1Api;
}

/** Makes a namespace in the real cluster, with an administrator's client beside ours. */
export async function createTestNamespace(labels: Record<string, string> = {}): Promise<TestNamespace> {
  const kubeconfig = inject("kubeconfig");
  const config = new k8s.KubeConfig();
  config.loadFromFile(kubeconfig);
  const core = config.makeApiClient(k8s.CoreV1Api);
  const name = `agentrun-test-${randomBytes(5).toString("hex")}`;
  await core.createNamespace({ body: { metadata: { name, labels } } });
  return {
    name,
    core,
    cluster: new Cluster({ namespace: name, kubeconfig }),
    async [Symbol.asyncDispose]() {
      await core.deleteNamespace({ name });
    },
  };
}

export async function jobNames({ cluster }: Pick<TestNamespace, "cluster">): Promise<string[]> {
  const names: string[] = [];
  for await (const page of cluster.listJobs("")) names.push(...page.map(({ metadata }) => metadata?.name ?? ""));
  return names;
}
