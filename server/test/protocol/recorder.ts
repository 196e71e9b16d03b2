import http from "node:http";
import type { AddressInfo } from "node:net";

/** One call of a runner: what it sent, and the form of the answer. */
export type RecordedCall = {
  call: string;
  input: unknown;
  /** The bytes of a segment that was sent. */
  bytes?: string;
  answer: unknown;
};

/** Starts a proxy before a server that records what a runner sends. Tokens are not recorded. */
export async function startRecorder(serverUrl: string) {
  const calls: RecordedCall[] = [];
  const server = http.createServer((request, response) => {
    const url = new URL(request.url ?? "/", serverUrl);
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      const { method } = request;
      const record: RecordedCall = { ...readCall(request, url, body), answer: "stream" };
      calls.push(record);
      const headers = { ...request.headers, host: url.host };
      const onward = http.request(url, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        const replyChunks: Buffer[] = [];
        const isStream = answer.headers["content-type"]?.startsWith("text/event-stream") ?? false;
        answer.on("data", (chunk: Buffer) => {
          if (!isStream) replyChunks.push(chunk);
          response.write(chunk);
        });
        answer.on("end", () => {
          if (!isStream) record.answer = readAnswerShape(Buffer.concat(replyChunks));
          response.end();
        });
      });
      onward.on("error", () => response.destroy());
      response.on("close", () => onward.destroy());
      onward.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function readCall(request: http.IncomingMessage, url: URL, body: Buffer): Omit<RecordedCall, "answer"> {
  const procedure = /^\/api\/trpc\/(.+)$/.exec(url.pathname)?.[1];
  if (procedure !== undefined) {
    const text = request.method === "GET" ? url.searchParams.get("input") : body.toString("utf8");
    return {
      call: `${request.method === "GET" ? "query" : "mutation"} ${procedure}`,
      input: JSON.parse(text ?? "null"),
    };
  }
  const input = { digest: url.pathname.split("/").at(-1), ...Object.fromEntries(url.searchParams) };
  const call = `segment ${request.method}`;
  return body.length === 0 ? { call, input } : { call, input, bytes: body.toString("base64") };
}

function readAnswerShape(body: Buffer): unknown {
  try {
    return describeShape((JSON.parse(body.toString("utf8")) as { result?: { data?: unknown } }).result?.data);
  } catch {
    return "bytes";
  }
}

/** Returns the form of a value: its keys, and the types of their values. */
export function describeShape(value: unknown): unknown {
  if (value === null || value === undefined) return "any";
  if (Array.isArray(value)) return value.length === 0 ? [] : [describeShape(value[0])];
  if (typeof value !== "object") return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, held]) => [key, describeShape(held)]));
}

/** Lists what an answer lacks that another one had. Additions are no problem. */
export function findMissing(known: unknown, given: unknown, path = "answer"): string[] {
  if (known === "any" || given === "any") return [];
  if (Array.isArray(known)) {
    if (!Array.isArray(given)) return [`${path} is no list`];
    return known.length === 0 || given.length === 0 ? [] : findMissing(known[0], given[0], `${path}[0]`);
  }
  if (typeof known !== "object" || known === null) return known === given ? [] : [`${path} is ${String(given)}`];
  if (typeof given !== "object" || given === null) return [`${path} is ${String(given)}`];
  const held = given as Record<string, unknown>;
  return Object.entries(known).flatMap(([key, form]) =>
    key in held ? findMissing(form, held[key], `${path}.${key}`) : [`${path}.${key} is missing`],
  );
}
