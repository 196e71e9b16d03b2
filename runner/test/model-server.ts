import http from "node:http";
import type { AddressInfo } from "node:net";
import { answerDemo, type DemoEvent } from "@/demo/model";

/** A model: yields the events of its answer to a request of the Responses API. */
export type Model = (body: unknown, signal: AbortSignal) => AsyncIterable<DemoEvent>;

const demo: Model = (body, signal) => answerDemo(body, signal, 2);

/** Serves a model, the demo's by default, on a free port, and keeps codex's requests. */
export async function startModelServer(answer: Model = demo): Promise<{
  /** Resolves once codex has sent `count` requests. */
  asked(count: number): Promise<void>;
  baseUrl: string;
  requests: unknown[];
  [Symbol.asyncDispose](): Promise<void>;
}> {
  const requests: unknown[] = [];
  const waiting = new Set<{ count: number; resolve: () => void }>();
  const server = http.createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.method !== "POST" || !request.url?.endsWith("/responses"))
      return void response.writeHead(404).end("{}");
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    requests.push(body);
    for (const waiter of waiting) if (requests.length >= waiter.count) waiter.resolve();
    const abort = new AbortController();
    response.on("close", () => abort.abort());
    response.writeHead(200, { "content-type": "text/event-stream" });
    for await (const { event, data } of answer(body, abort.signal))
      response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    requests,
    async asked(count) {
      if (requests.length < count) await new Promise<void>((resolve) => waiting.add({ count, resolve }));
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
