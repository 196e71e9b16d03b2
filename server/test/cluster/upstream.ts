import type { ClientRequest, IncomingMessage } from "node:http";
import https from "node:https";
import * as k8s from "@kubernetes/client-node";

/** Begins a request like the one that a proxy received, with the proxy's own credentials. The caller sends the body. */
export type Upstream = (request: IncomingMessage) => ClientRequest;

/** Returns how to reach the API server that a kubeconfig names, as its user. */
export async function createUpstream(kubeconfig: string): Promise<Upstream> {
  const config = new k8s.KubeConfig();
  config.loadFromFile(kubeconfig);
  const { server } = config.getCurrentCluster() ?? {};
  if (!server) throw new Error(`${kubeconfig} names no cluster`);
  const credentials: https.RequestOptions = {};
  await config.applyToHTTPSOptions(credentials);
  return ({ method, url, headers }) => {
    const { host: _host, connection: _connection, ...passed } = headers;
    const options = { ...credentials, method, headers: { ...passed, ...credentials.headers } };
    return https.request(new URL(url ?? "/", server), options);
  };
}

/**
 * Makes a kubeconfig that leads to a proxy on loopback, as JSON, which is YAML too. The client speaks plain HTTP only
 * if it is told not to check certificates.
 */
export function proxyKubeconfig(port: number): string {
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "proxy", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
    users: [{ name: "nobody", user: {} }],
    contexts: [{ name: "proxy", context: { cluster: "proxy", user: "nobody" } }],
    "current-context": "proxy",
  });
}
