import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { Cluster } from ".";

test("connects once a missing kubeconfig exists", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "agentrun-cluster-"));
  const kubeconfig = path.join(folder, "kubeconfig");
  const cluster = new Cluster({ namespace: "default", kubeconfig });
  const job = { apiVersion: "batch/v1", kind: "Job", metadata: { name: "one" } };
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(job));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    for (let tries = 0; tries < 2; tries += 1)
      await expect(cluster.readJob("one")).rejects.toMatchObject({ problem: "unknown", passing: "server" });
    await writeFile(
      kubeconfig,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "c", cluster: { server: url, "insecure-skip-tls-verify": true } }],
        users: [{ name: "u", user: {} }],
        contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
        "current-context": "c",
      }),
    );
    expect((await cluster.readJob("one")).metadata?.name).toBe("one");
  } finally {
    server.closeAllConnections();
    server.close();
    await rm(folder, { recursive: true });
  }
});
