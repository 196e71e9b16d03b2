import { chmodSync, writeFileSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { expect, test } from "vitest";
import { codexBinary, makeMachine } from "./test/harness";

test("codex connects only to its model", async () => {
  await using machine = await makeMachine();
  const requestedHosts: string[] = [];
  const proxy = http.createServer((_request, response) => response.writeHead(502).end());
  proxy.on("connect", (request, socket) => {
    requestedHosts.push(request.url ?? "");
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  // All traffic except to this machine goes through the proxy.
  const wrapper = path.join(machine.root, "codex-by-proxy");
  writeFileSync(wrapper, `#!/bin/sh\nHTTPS_PROXY=${address} NO_PROXY=127.0.0.1 exec "${codexBinary()}" "$@"\n`);
  chmodSync(wrapper, 0o755);
  try {
    const { controlPlane, ended } = machine.start(
      { executionPolicy: { idleTimeoutMs: 3_000 } },
      { codexPath: wrapper },
    );
    controlPlane.order("turn", { text: "hello" });
    expect(await ended).toEqual({ kind: "completed" });
    expect(controlPlane.payloads("assistant_message")).toHaveLength(1);
    expect(requestedHosts).toEqual([]);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});
