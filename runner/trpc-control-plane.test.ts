import { getEventListeners } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { ControlPlane } from "./control-plane";
import { connectControlPlane } from "./trpc-control-plane";

/** Long enough for a request to reach its server, and for an answer, on a busy machine. */
const LIMIT_MS = 1_000;
const LIMITED = { launchToken: "t", callTimeoutMs: LIMIT_MS, bytesTimeoutMs: LIMIT_MS };
const GIVEN_UP = "a call that can be given up";
const UPLOAD = "a segment's upload";
const lease = { runId: "run_1", leaseEpoch: 1 };
const CALLS: [string, (controlPlane: ControlPlane, signal: AbortSignal) => Promise<unknown>][] = [
  ["a call", (plane) => plane.listCommands({ runId: "run_1", afterSeq: 0 })],
  [GIVEN_UP, (plane, signal) => plane.missingSegments({ sessionId: "ses_1", leaseEpoch: 1, digests: [] }, { signal })],
  [
    UPLOAD,
    (plane, signal) => plane.putSegment({ ...lease, digest: "a".repeat(64), bytes: Buffer.from("a") }, { signal }),
  ],
  ["a segment's download", (plane) => plane.getSegment({ ...lease, sessionId: "ses_1", digest: "a".repeat(64) })],
];

/**
 * Forces garbage collections, which in a runner's life happen at any moment and take whatever is not referenced. Each
 * begins 20 ms after the one before has ended: on a busy machine one takes longer than that, and nothing else would run.
 */
function collectOften(): { [Symbol.dispose](): void } {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  let timer: ReturnType<typeof setTimeout>;
  const collectLater = () => {
    timer = setTimeout(() => {
      collect();
      collectLater();
    }, 20);
  };
  collectLater();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

type Answering = (response: ServerResponse, asked: IncomingMessage) => void;

/** A server that answers as instructed; `left` holds the calls whose connection was closed before the answer's end. */
async function startServer(
  answer: Answering,
): Promise<{ url: string; asked: string[]; left: string[] } & AsyncDisposable> {
  const [asked, left]: [string[], string[]] = [[], []];
  const server = http.createServer((request, response) => {
    const name = request.url ?? "";
    asked.push(name);
    response.once("close", () => {
      if (!response.writableFinished) left.push(name);
    });
    answer(response, request);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    ...{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, left },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const nothing: Answering = () => undefined;
const aBeginning: Answering = (response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": 100 });
  response.write("{");
};

test.each(CALLS)(
  "%s without an answer ends at its time limit, also under garbage collection",
  async (_name, call) => {
    await using server = await startServer(nothing);
    using _ = collectOften();
    const plane = connectControlPlane({ url: server.url, ...LIMITED });

    await expect(call(plane, new AbortController().signal)).rejects.toMatchObject({
      name: "UnreachableError",
      message: expect.stringContaining(`no answer within ${LIMIT_MS} ms`),
    });
    // The request that was in progress is aborted too.
    await expect.poll(() => server.left).toHaveLength(1);
  },
  5_000,
);

test.each(CALLS)(
  "%s whose answer breaks off ends at its time limit",
  async (_name, call) => {
    await using server = await startServer(aBeginning);
    using _ = collectOften();
    const plane = connectControlPlane({ url: server.url, ...LIMITED });

    await expect(call(plane, new AbortController().signal)).rejects.toMatchObject({ name: "UnreachableError" });
  },
  5_000,
);

test.each(CALLS.filter(([name]) => name === GIVEN_UP || name === UPLOAD))(
  "%s ends with its connection at once when aborted",
  async (_name, call) => {
    await using server = await startServer(nothing);
    const plane = connectControlPlane({ url: server.url, launchToken: "t" });
    const controller = new AbortController();
    const asked = call(plane, controller.signal);
    asked.catch(() => undefined);
    await expect.poll(() => server.asked).toHaveLength(1);
    controller.abort();

    await expect(asked).rejects.toMatchObject({ name: "UnreachableError" });
    await expect.poll(() => server.left).toHaveLength(1);
    await expect(call(plane, controller.signal), "one that was given up before").rejects.toThrow();
    expect(server.asked).toHaveLength(1);
  },
  5_000,
);

test("reports the start and end of the server's silence once; refusals count as answers and aborted calls do not", async () => {
  const okay = { status: 200, body: { result: { data: { items: [] } } } };
  const refused = (reason: string, status: number) => {
    const agentrun = { failureKind: "infra-failed", reason, message: "no", requestId: "req_1" };
    return { status, body: { error: { message: "no", code: -32_000, data: { agentrun } } } };
  };
  let answer: typeof okay | ReturnType<typeof refused> | null = okay;
  await using server = await startServer((response) => {
    if (!answer) return;
    response.writeHead(answer.status, { "content-type": "application/json" });
    response.end(JSON.stringify(answer.body));
  });
  const said: string[] = [];
  const plane = connectControlPlane({
    ...{ url: server.url, launchToken: "t", callTimeoutMs: LIMIT_MS },
    onSilence: (error) => said.push(error.message),
    onAnswer: (silentMs) => said.push(silentMs >= 2 * LIMIT_MS ? "again" : `again after ${silentMs} ms`),
  });
  const ask = () => plane.listCommands({ runId: "run_1", afterSeq: 0 });

  answer = refused("database-down", 503);
  await expect(ask()).rejects.toMatchObject({ name: "UnreachableError" });
  answer = null;
  const input = { sessionId: "ses_1", leaseEpoch: 1, digests: [] };
  const leaving = new AbortController();
  const left = plane.missingSegments(input, { signal: leaving.signal });
  leaving.abort();
  await expect(left).rejects.toThrow();
  expect(said).toEqual([]);

  // A caller's own limit, such as that of a fenced runner's beats, counts as an unanswered call like any other.
  await expect(plane.missingSegments(input, { signal: AbortSignal.timeout(20) })).rejects.toThrow();
  await expect(ask()).rejects.toThrow(`commands.list: no answer within ${LIMIT_MS} ms`);
  await expect(ask()).rejects.toThrow();
  answer = refused("not-found", 404);
  await expect(ask()).rejects.toMatchObject({ name: "RefusedError" });
  answer = okay;
  await ask();
  expect(said).toEqual([expect.stringContaining("aborted"), "again"]);
});

test("finished calls leave no listener on a signal that outlives them", async () => {
  await using server = await startServer((response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify({ result: { data: { missing: [] } } }));
  });
  const plane = connectControlPlane({ url: server.url, launchToken: "t" });
  const { signal } = new AbortController();
  for (let turn = 0; turn < 3; turn += 1)
    expect(await plane.missingSegments({ sessionId: "ses_1", leaseEpoch: 1, digests: [] }, { signal })).toEqual([]);
  expect(getEventListeners(signal, "abort")).toEqual([]);
});
