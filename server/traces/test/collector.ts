import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { readRequest, type SentRequest, type SentSpan, type SentValue } from "./otlp";

type Received = { path: string; headers: IncomingHttpHeaders; bytes: number; request: SentRequest; spans: SentSpan[] };
type Answer = (received: Received, response: ServerResponse) => void;

const take: Answer = (_, response) => {
  response.writeHead(200, { "content-type": "application/json" }).end("{}");
};

/** Starts a collector of traces, which accepts everything unless a test gives another answer. */
export async function startCollector(answer: Answer = take) {
  const received: Received[] = [];
  const faults: string[] = [];
  const state = { answer };
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece);
    const sent = Buffer.concat(pieces);
    const text = (request.headers["content-encoding"] === "gzip" ? gunzipSync(sent) : sent).toString("utf8");
    try {
      const read = readRequest(text);
      const spans = read.resourceSpans.flatMap((one) => one.scopeSpans.flatMap((scope) => scope.spans));
      const one = {
        ...{ path: request.url ?? "", headers: request.headers, bytes: Buffer.byteLength(text), request: read, spans },
      };
      received.push(one);
      state.answer(one, response);
    } catch (error) {
      faults.push(String(error));
      response.writeHead(400).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
    received,
    /** What it could not read. */
    faults,
    spans: () => received.flatMap(({ spans }) => spans),
    answerBy(next: Answer) {
      state.answer = next;
    },
    take() {
      state.answer = take;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers with only a status. */
export const answering =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, headers).end();
  };

export function attributesOf({ attributes }: Pick<SentSpan, "attributes">): Record<string, string | number | boolean> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, plain(value)]));
}

function plain({ stringValue, intValue, doubleValue, boolValue }: SentValue): string | number | boolean {
  return stringValue ?? boolValue ?? doubleValue ?? Number(intValue);
}
