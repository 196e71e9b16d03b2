import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createUpstream, proxyKubeconfig, type Upstream } from "./upstream";

/** What happens to a request instead of being passed on. */
export type Fault =
  /** The proxy refuses it; it never reaches the API server. */
  | { kind: "refuse"; code: 409 | 429 | 500 }
  /** It is neither passed on nor answered: the client runs into its deadline. */
  | { kind: "swallow" }
  /** It is passed on and done, and then the connection is cut: before the reply, or in the middle of it. */
  | { kind: "cut"; where: "before" | "within" }
  /** It is passed on at once, and answered once this promise resolves. */
  | { kind: "hold"; until: Promise<unknown> }
  /** It is answered with the oldest reply that the same read ever got; passed on if there was none. */
  | { kind: "stale" };

export type FaultRule = {
  method: "GET" | "POST" | "DELETE" | "PUT";
  /** Matched against the path with its query. */
  path: RegExp;
  fault: Fault;
  /** How many requests it affects; 1 by default. */
  times?: number;
};

export interface FaultProxy extends AsyncDisposable {
  /** A kubeconfig that leads to the proxy. */
  kubeconfig: string;
  /** Applies a fault to the next requests that match; `hits` returns how many it has affected. */
  strike(rule: FaultRule): { hits(): number };
  /** Lets every request through again. */
  calm(): void;
  /** Resolves when the API server has answered every request that was passed on. */
  settled(): Promise<void>;
}

type Reply = { status: number; headers: Record<string, string>; body: Buffer };
type Struck = FaultRule & { left: number; hits: number };

const WORDS = {
  409: { reason: "Conflict", message: "the object has been modified; please apply your changes to the latest version" },
  429: { reason: "TooManyRequests", message: "the server has received too many requests" },
  500: { reason: "InternalError", message: "etcdserver: request timed out" },
} as const;

/** Starts a proxy before the real API server, with an administrator's credentials, on which requests meet faults. */
export async function startFaultProxy(kubeconfig: string): Promise<FaultProxy> {
  const upstream = await createUpstream(kubeconfig);
  const recorded = new Map<string, Reply>();
  let rules: Struck[] = [];

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readAll(request);
    const { method = "GET", url = "/" } = request;
    const rule = rules.find((rule) => rule.left > 0 && rule.method === method && rule.path.test(url));
    if (rule) {
      rule.left -= 1;
      rule.hits += 1;
    }
    const fault = rule?.fault;
    if (fault?.kind === "refuse") return send(response, refusal(fault.code));
    if (fault?.kind === "swallow") return;
    if (fault?.kind === "hold") await fault.until;
    if (/[?&]watch=true/.test(url)) return follow(upstream, request, response);
    const stale = fault?.kind === "stale" ? recorded.get(url) : undefined;
    if (stale) return send(response, stale);
    const reply = await ask(upstream, request, body);
    if (method === "GET" && !recorded.has(url)) recorded.set(url, reply);
    if (fault?.kind !== "cut") return send(response, reply);
    if (fault.where === "within") {
      response.writeHead(reply.status, { ...reply.headers, "content-length": reply.body.length });
      response.write(reply.body.subarray(0, reply.body.length / 2));
      await new Promise((resolve) => setImmediate(resolve));
    }
    response.destroy();
  }

  const underWay = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const answered = answer(request, response).catch((error: unknown) => {
      response.destroy(error as Error);
    });
    underWay.add(answered);
    void answered.finally(() => underWay.delete(answered));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const folder = await mkdtemp(path.join(tmpdir(), "agentrun-proxy-"));
  const file = path.join(folder, "kubeconfig");
  await writeFile(file, proxyKubeconfig((server.address() as AddressInfo).port));
  return {
    kubeconfig: file,
    strike(rule) {
      const struck = { ...rule, left: rule.times ?? 1, hits: 0 };
      rules.push(struck);
      return { hits: () => struck.hits };
    },
    calm() {
      rules = [];
    },
    async settled() {
      await Promise.all(underWay);
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}

/** A watch has no end to wait for. */
function follow(upstream: Upstream, request: IncomingMessage, response: ServerResponse): void {
  const onward = upstream(request).on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.flushHeaders();
    answer.pipe(response);
  });
  onward.on("error", () => response.destroy()).end();
  response.on("close", () => onward.destroy());
}

async function ask(upstream: Upstream, request: IncomingMessage, body: Buffer): Promise<Reply> {
  const reply = await new Promise<IncomingMessage>((resolve, reject) => {
    upstream(request).on("response", resolve).on("error", reject).end(body);
  });
  const { "content-type": type = "application/json", "content-encoding": encoding } = reply.headers;
  // Long answers arrive compressed, and are passed on as they are.
  const headers = { "content-type": type, ...(encoding === undefined ? {} : { "content-encoding": encoding }) };
  return { status: reply.statusCode ?? 502, headers, body: await readAll(reply) };
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function refusal(code: keyof typeof WORDS): Reply {
  const status = { apiVersion: "v1", kind: "Status", status: "Failure", code, ...WORDS[code] };
  return { status: code, headers: { "content-type": "application/json" }, body: Buffer.from(JSON.stringify(status)) };
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  response.writeHead(status, headers).end(body);
}
