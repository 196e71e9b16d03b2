import { createTRPCClient, httpLink } from "@trpc/client";
import { afterAll, beforeAll, expect } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { openSse, type SseReader } from "@/server/test/sse";
import { ADMIN_TOKEN, startTestWeb, type TestWeb } from "@/server/test/web";
import type { AppRouter } from "@/server/trpc/types";

/** JSON as a foreign program reads it: each test knows what its fields should hold. */
// biome-ignore lint/suspicious/noExplicitAny: an outside program has no types of ours, only answers.
export type Json = any;
export type Sent = { body?: unknown; token?: string | null; headers?: Record<string, string> };

/** An HTTP client that knows only the address and its token. */
export class Program {
  constructor(
    readonly web: TestWeb,
    readonly database: TestDatabase,
  ) {}

  send(method: string, path: string, sent: Sent = {}): Promise<{ status: number; body: Json; headers: Headers }> {
    return this.web.call(method, path, sent);
  }

  /** Calls REST below /api/v1 and expects success. */
  async ok(method: string, path: string, body?: unknown, token?: string): Promise<Json> {
    const answer = await this.send(method, `/api/v1${path}`, {
      ...(body === undefined ? {} : { body }),
      ...(token === undefined ? {} : { token }),
    });
    expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBe(200);
    return answer.body;
  }

  get(path: string, token?: string): Promise<Json> {
    return this.ok("GET", path, undefined, token);
  }

  post(path: string, body: unknown = {}, token?: string): Promise<Json> {
    return this.ok("POST", path, body, token);
  }

  /** Calls REST and expects an error in the contract's form; returns `error`. */
  async refused(status: number, method: string, path: string, body?: unknown, token?: string | null): Promise<Json> {
    const answer = await this.send(method, `/api/v1${path}`, {
      ...(body === undefined ? {} : { body }),
      ...(token === undefined ? {} : { token }),
    });
    expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).toBe(status);
    return readError(answer);
  }

  client(token = ADMIN_TOKEN) {
    return createTRPCClient<AppRouter>({
      links: [httpLink({ url: `${this.web.url}/api/trpc`, headers: { authorization: `Bearer ${token}` } })],
    });
  }

  /** Calls a procedure as a program without our types does. */
  async trpc(
    type: "query" | "mutation",
    path: string,
    input?: unknown,
    token?: string | null,
  ): Promise<{ status: number; data?: Json; error?: Json }> {
    const query = input === undefined ? "" : `?input=${encodeURIComponent(JSON.stringify(input))}`;
    const sent = token === undefined ? {} : { token };
    const { status, body } =
      type === "query"
        ? await this.send("GET", `/api/trpc/${path}${query}`, sent)
        : await this.send("POST", `/api/trpc/${path}`, { ...sent, body: input ?? {} });
    return { status, data: body?.result?.data, error: body?.error };
  }

  watch(path: string, headers: Record<string, string> = {}): Promise<SseReader> {
    return openSse(`${this.web.url}/api/v1${path}`, { authorization: `Bearer ${ADMIN_TOKEN}`, ...headers });
  }

  run(body: Record<string, unknown> = {}): Promise<Json> {
    return this.post("/runs", { backendProfile: "codex", ...body });
  }

  /** Makes a run in a session of its own. */
  async sessionRun(more: Record<string, unknown> = {}): Promise<{ run: Json; sessionId: string }> {
    const { sessionId } = await this.post("/sessions", { backendProfile: "codex" });
    return { sessionId, run: await this.run({ sessionRef: { sessionId }, ...more }) };
  }

  turn(runId: string, text = "do it"): Promise<Json> {
    return this.post(`/runs/${runId}/commands`, { type: "turn", payload: { text } });
  }

  claim(runId: string, runnerId: string, more: Record<string, unknown> = {}): Promise<Json> {
    return this.post(`/runs/${runId}/claim`, { runnerId, ...more });
  }

  async events(runId: string): Promise<Json[]> {
    return (await this.get(`/runs/${runId}/events?limit=500`)).items;
  }

  /** Polls until the answer satisfies a condition. */
  async until(path: string, condition: (answer: Json) => boolean): Promise<Json> {
    for (let tries = 0; tries < 2_000; tries += 1) {
      const answer = await this.get(path);
      if (condition(answer)) return answer;
    }
    throw new Error(`${path} never became what was waited for`);
  }
}

/**
 * Returns an error after checking that it has the contract's form, and holds nothing that must not leave the program.
 */
export function readError(answer: { status: number; body: Json; headers: Headers }): Json {
  expect(Object.keys(answer.body)).toEqual(["error"]);
  const { error } = answer.body;
  const { details, ...always } = error;
  expect(Object.keys(always).sort()).toEqual(["failureKind", "message", "reason", "requestId"]);
  if (details !== undefined) expect(typeof details).toBe("object");
  expect(error.message).not.toBe("");
  expect(error.requestId).toBe(answer.headers.get("x-request-id"));
  expect(JSON.stringify(error)).not.toMatch(/node_modules|at .*\.ts:\d|(select|insert into) |aro_|agentrun_[a-z]/);
  return error;
}

/** Starts one server on one database for the tests of a file. */
export function startProgram(options: { env?: Record<string, string> } = {}): () => Program {
  let program: Program | undefined;
  beforeAll(async () => {
    const database = await createTestDatabase();
    program = new Program(await startTestWeb(database, options), database);
  });
  afterAll(async () => {
    await program?.web[Symbol.asyncDispose]();
    await program?.database[Symbol.asyncDispose]();
  });
  return () => {
    if (!program) throw new Error("the server has not started");
    return program;
  };
}

let made = 0;
/** Makes a name that no other test of this process uses. */
export function uniqueName(prefix: string): string {
  made += 1;
  return `${prefix}-${made}`;
}
