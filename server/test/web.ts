import { mkdtemp, rm } from "node:fs/promises";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseEnv, ServerEnv } from "@/contract/env";
import type { Actor, ServiceContext } from "@/server/context";
import { createWebServer, type Pages } from "@/server/http";
import { createWiring, type Wiring } from "@/server/wiring";

export const ADMIN_TOKEN = "admin-token-of-a-test";
export const CRON_SECRET = "cron-secret-of-a-test";

export interface TestWeb extends AsyncDisposable {
  url: string;
  port: number;
  wiring: Wiring;
  /** Makes a caller's context for the services, without the network. */
  as(actor: Actor): ServiceContext;
  /** Calls as the administrator, unless headers say otherwise; returns the status and the parsed JSON. */
  call(
    method: string,
    target: string,
    options?: CallOptions,
  ): Promise<{ status: number; body: unknown; headers: Headers }>;
  /** Ends the server like a crash: connections break without notice. */
  crash(): Promise<void>;
}
export type CallOptions = { body?: unknown; headers?: Record<string, string>; token?: string | null };

/** Starts the web process's server on a free port, without pages unless they are given. */
export async function startTestWeb(
  database: { url: string },
  options: { env?: Record<string, string>; port?: number; pages?: Pages } = {},
): Promise<TestWeb> {
  const dataDir = await mkdtemp(path.join(tmpdir(), "agentrun-web-"));
  const env = parseEnv(ServerEnv, {
    DATABASE_URL: database.url,
    PORT: "0",
    AGENTRUN_DATA_DIR: dataDir,
    AGENTRUN_ADMIN_TOKEN: ADMIN_TOKEN,
    AGENTRUN_CRON_SECRET: CRON_SECRET,
    AGENTRUN_EXECUTOR: "none",
    LOG_LEVEL: "silent",
    ...options.env,
  });
  const wiring = createWiring(env, "test");
  const server = createWebServer(wiring, options.pages ?? null);
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  wiring.listensOn(port);
  wiring.live.start();
  const url = `http://127.0.0.1:${port}`;
  const close = () => closeServer(server, wiring);
  return {
    url,
    port,
    wiring,
    as: (actor) => wiring.serviceFor(actor, "test"),
    call: (method, target, callOptions) => call(`${url}${target}`, method, callOptions),
    crash: close,
    async [Symbol.asyncDispose]() {
      await close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function closeServer(server: Server, wiring: Wiring): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
  await wiring.close();
}

async function call(url: string, method: string, options: CallOptions = {}) {
  const { body, token = ADMIN_TOKEN } = options;
  const response = await fetch(url, {
    method,
    redirect: "manual",
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...options.headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: parse(text), headers: response.headers };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
