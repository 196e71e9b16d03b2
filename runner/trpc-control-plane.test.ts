import http from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { ControlPlane } from "./control-plane";
import { connectControlPlane } from "./trpc-control-plane";

const lease = { runId: "run_1", leaseEpoch: 1 };
const CALLS: [string, (controlPlane: ControlPlane, signal: AbortSignal) => Promise<unknown>][] = [
  ["a call", (plane) => plane.listCommands({ runId: "run_1", afterSeq: 0 })],
  [
    "a call that can be given up",
    (plane, signal) => plane.missingSegments({ sessionId: "ses_1", leaseEpoch: 1, digests: [] }, { signal }),
  ],
  [
    "a segment's upload",
    (plane, signal) => plane.putSegment({ ...lease, digest: "a".repeat(64), bytes: Buffer.from("a") }, { signal }),
  ],
  ["a segment's download", (plane) => plane.getSegment({ ...lease, sessionId: "ses_1", digest: "a".repeat(64) })],
];

/** A garbage collection takes what nobody holds, as one does at any moment of a runner's life. */
function collectOften(): { [Symbol.dispose](): void } {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const timer = setInterval(collect, 20);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** A server that answers nothing, or begins an answer of which the rest never comes. */
async function silentServer(answers: "nothing" | "a beginning"): Promise<{ url: string } & AsyncDisposable> {
  const server = http.createServer((_request, response) => {
    if (answers === "nothing") return;
    response.writeHead(200, { "content-type": "application/json", "content-length": 100 });
    response.write("{");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test.each(CALLS)(
  "%s that nobody answers ends at its limit, whatever is collected meanwhile",
  async (_name, call) => {
    await using server = await silentServer("nothing");
    using _ = collectOften();
    const plane = connectControlPlane({ url: server.url, launchToken: "t", callTimeoutMs: 300, segmentTimeoutMs: 300 });

    await expect(call(plane, new AbortController().signal)).rejects.toMatchObject({
      name: "UnreachableError",
      message: expect.stringContaining("no answer within 300 ms"),
    });
  },
  5_000,
);

test.each(CALLS)(
  "%s whose answer breaks off ends at its limit too",
  async (_name, call) => {
    await using server = await silentServer("a beginning");
    using _ = collectOften();
    const plane = connectControlPlane({ url: server.url, launchToken: "t", callTimeoutMs: 300, segmentTimeoutMs: 300 });

    await expect(call(plane, new AbortController().signal)).rejects.toMatchObject({ name: "UnreachableError" });
  },
  5_000,
);

test("a call that is given up ends at once", async () => {
  await using server = await silentServer("nothing");
  const plane = connectControlPlane({ url: server.url, launchToken: "t" });
  const controller = new AbortController();
  const asked = plane.missingSegments(
    { sessionId: "ses_1", leaseEpoch: 1, digests: [] },
    { signal: controller.signal },
  );
  controller.abort();

  await expect(asked).rejects.toMatchObject({ name: "UnreachableError" });
}, 5_000);

test("a silence of the server is told once, and its end", async () => {
  let isSilent = true;
  const server = http.createServer((_request, response) => {
    if (isSilent) return;
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ result: { data: { items: [] } } }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const said: string[] = [];
  const plane = connectControlPlane({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    launchToken: "t",
    callTimeoutMs: 100,
    onSilence: (error) => said.push(error.message),
    onAnswer: (silentMs) => said.push(silentMs >= 100 ? "again" : `again after ${silentMs} ms`),
  });
  const ask = () => plane.listCommands({ runId: "run_1", afterSeq: 0 });
  try {
    await expect(ask()).rejects.toThrow("commands.list: no answer within 100 ms");
    await expect(ask()).rejects.toThrow();
    isSilent = false;
    await expect(ask()).resolves.toEqual([]);
    await ask();
    expect(said).toEqual(["commands.list: no answer within 100 ms", "again"]);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
