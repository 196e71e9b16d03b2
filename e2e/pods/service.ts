import * as k8s from "@kubernetes/client-node";
import type { TestNode } from "./node";

const LOOK_MS = 200;

/** What kube-proxy does where there is one: the ready pods behind web's Service, one after the other. */
export function followService(node: TestNode, namespace: string) {
  const config = new k8s.KubeConfig();
  config.loadFromFile(node.kubeconfig);
  const api = config.makeApiClient(k8s.DiscoveryV1Api);
  let ready: { host: string; port: number }[] = [];
  let turn = 0;
  let isClosed = false;
  const look = async () => {
    const labelSelector = "kubernetes.io/service-name=agentrun-web";
    while (!isClosed) {
      const slices = await api.listNamespacedEndpointSlice({ namespace, labelSelector });
      ready = slices.items.flatMap(({ endpoints = [], ports }) =>
        (endpoints ?? [])
          .filter(({ conditions }) => conditions?.ready)
          .map(({ addresses }) => ({ host: addresses[0] ?? "", port: ports?.[0]?.port ?? 0 })),
      );
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  };
  const looking = look();
  return {
    choose: () => ready[turn++ % ready.length],
    async close() {
      isClosed = true;
      await looking;
    },
  };
}
