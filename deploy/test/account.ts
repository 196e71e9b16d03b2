import * as k8s from "@kubernetes/client-node";
import { inject } from "vitest";
import type { TestNamespace } from "@/server/test/cluster/namespace";

/** A kubeconfig of one service account, by a token that the cluster makes for it. */
export async function actAs(place: TestNamespace, account: string): Promise<k8s.KubeConfig> {
  const { status } = await place.core.createNamespacedServiceAccountToken({
    name: account,
    namespace: place.name,
    body: { spec: { audiences: [], expirationSeconds: 600 } },
  });
  const admin = new k8s.KubeConfig();
  admin.loadFromFile(inject("kubeconfig"));
  const cluster = admin.getCurrentCluster();
  if (!cluster || !status) throw new Error("the cluster made no token");
  const config = new k8s.KubeConfig();
  config.loadFromClusterAndUser(cluster, { name: account, token: status.token });
  return config;
}
