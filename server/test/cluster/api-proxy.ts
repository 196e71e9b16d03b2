import { rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { inject } from "vitest";
import { Cluster } from "@/server/kubernetes";
import type { TestNamespace } from "./namespace";
import { createUpstream, proxyKubeconfig } from "./upstream";

export interface ApiProxy extends AsyncDisposable {
  cluster: Cluster;
  /** The kubeconfig of a client that goes through the proxy. */
  kubeconfig: string;
  /** The requests so far, such as "POST /api/v1/namespaces/x/secrets". */
  calls: string[];
  /** Breaks every connection and refuses new ones, like a line that is down. */
  cut(): void;
  restore(): void;
}

/** Starts a proxy before the real API server. It sees every request, and may answer one itself. */
export async function startApiProxy(
  place: TestNamespace,
  options: { answer?: (call: string) => string | null } = {},
): Promise<ApiProxy> {
  const upstream = await createUpstream(inject("kubeconfig"));
  const calls: string[] = [];
  let isCut = false;

  const server = http.createServer((request, response) => {
    const call = `${request.method} ${request.url?.split("?")[0]}`;
    calls.push(call);
    const own = options.answer?.(`${call}?${request.url?.split("?")[1] ?? ""}`) ?? null;
    if (own !== null) return void response.writeHead(200, { "content-type": "application/json" }).end(own);
    const onward = upstream(request).on("response", (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      response.flushHeaders();
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  server.on("connection", (socket) => {
    if (isCut) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const kubeconfig = path.resolve("test-results", `${place.name}.kubeconfig`);
  writeFileSync(kubeconfig, proxyKubeconfig(port), { mode: 0o600 });
  const cut = () => {
    isCut = true;
    server.closeAllConnections();
  };
  return {
    cluster: new Cluster({ namespace: place.name, kubeconfig }),
    kubeconfig,
    calls,
    cut,
    restore: () => {
      isCut = false;
    },
    async [Symbol.asyncDispose]() {
      rmSync(kubeconfig);
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
