import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What happens to a call on its way. */
export type Loss =
  /** The request never reaches the server, and nobody is told. */
  | "its request"
  /** The server carries out the call, and its answer is dropped. */
  | "its answer"
  /** The server carries out the call, and the connection breaks in the middle of the answer. */
  | "half its answer"
  /** The server carries out the call, and a proxy answers with a page of its own. */
  | "its answer to a proxy's page";

export interface LossyProxy extends AsyncDisposable {
  url: string;
  /** The kinds of calls that were lost: a procedure's name, or a segment's method. */
  lost: string[];
}

/**
 * A way to the server on which calls are lost: where `loses` says so of a call's kind and of how many of that kind have
 * come before. A call waits for as long as `loses` takes to say.
 */
export async function openLossyProxy(
  serverUrl: string,
  chooseLoss: (kind: string, before: number) => Loss | null | Promise<Loss | null>,
): Promise<LossyProxy> {
  const counts = new Map<string, number>();
  const lost: string[] = [];

  async function pass(asked: IncomingMessage, answer: ServerResponse): Promise<void> {
    const kind = kindOf(asked);
    const before = counts.get(kind) ?? 0;
    counts.set(kind, before + 1);
    const loss = await chooseLoss(kind, before);
    if (loss !== null) lost.push(kind);
    const body = await readAll(asked);
    if (loss === "its request") return;
    const { method, headers } = asked;
    const onward = request(new URL(asked.url ?? "/", serverUrl), { method, headers });
    answer.once("close", () => onward.destroy());
    const reply = await new Promise<IncomingMessage>((resolve, reject) => {
      onward.on("response", resolve).on("error", reject).end(body);
    });
    if (loss === null) {
      reply.once("error", () => answer.destroy());
      answer.writeHead(reply.statusCode ?? 502, reply.headers).flushHeaders();
      reply.pipe(answer);
    } else if (loss === "its answer") reply.resume();
    else if (loss === "half its answer") {
      const whole = await firstOf(reply);
      answer.writeHead(reply.statusCode ?? 502, reply.headers);
      answer.write(whole.subarray(0, Math.ceil(whole.length / 2)));
      await new Promise((resolve) => setImmediate(resolve));
      answer.destroy();
    } else {
      reply.resume();
      answer.writeHead(502, { "content-type": "text/html" }).end("<h1>502 Bad Gateway</h1>");
    }
  }

  const server = createServer((asked, answer) => {
    pass(asked, answer).catch(() => answer.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    lost,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function kindOf({ url = "", method = "GET" }: IncomingMessage): string {
  const procedure = /^\/api\/trpc\/([\w.]+)/.exec(url)?.[1];
  return procedure ?? `segment ${method}`;
}

/** Reads the beginning of an answer, which may have no end. */
function firstOf(reply: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve) => {
    reply.once("data", resolve).once("end", () => resolve(Buffer.alloc(0)));
  });
}

async function readAll(asked: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of asked) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
