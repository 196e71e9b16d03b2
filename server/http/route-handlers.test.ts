import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { makeRun } from "@/db/test/factories";
import { appendEvents } from "@/server/events";
import { finishRun } from "@/server/runs";
import { ADMIN } from "@/server/test/context";
import { ADMIN_TOKEN, CRON_SECRET, startTestWeb, type TestWeb } from "@/server/test/web";
import { shareWiring } from "@/server/wiring";
import { serveAuth, serveCronGc, serveLive, serveOpenApi, serveRest, serveTrpc } from "./route-handlers";

let database: TestDatabase;
let web: TestWeb;
beforeAll(async () => {
  database = await createTestDatabase();
  web = await startTestWeb(database);
  shareWiring(web.wiring);
});
afterAll(async () => {
  await web[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

function request(path: string, init: RequestInit & { token?: string | null } = {}): Request {
  const { token = ADMIN_TOKEN, ...rest } = init;
  const headers = new Headers(rest.headers);
  if (token !== null) headers.set("authorization", `Bearer ${token}`);
  if (rest.body) headers.set("content-type", "application/json");
  return new Request(`${web.url}${path}`, { ...rest, headers });
}

test("route handlers answer the same as the web process's own server", async () => {
  for (const [path, init] of [
    ["/api/v1/runs?limit=2", {}],
    ["/api/v1/runs?limit=0", {}],
    ["/api/v1/nothing", {}],
    ["/api/v1/runs/run_none", {}],
    ["/api/v1/runs", { token: null }],
    ["/api/v1/sessions", { method: "POST", body: "{bad" }],
    ["/api/v1/sessions", { method: "POST", body: '{"backendProfile":"demo","sessionId":"ses_one"}' }],
    ["/api/v1/sessions/ses_one", {}],
  ] as [string, RequestInit & { token?: string | null }][]) {
    const here = await serveRest(request(path, init));
    const there = await web.call(init.method ?? "GET", path, {
      token: init.token === null ? null : ADMIN_TOKEN,
      ...(init.body ? { body: String(init.body) } : {}),
    });
    expect([path, here.status]).toEqual([path, there.status]);
    expect(withoutId(await here.json())).toEqual(withoutId(there.body));
  }
});

test("serves procedures, the OpenAPI document, cron and sign-in", async () => {
  expect(await (await serveTrpc(request("/api/trpc/health.get"))).json()).toMatchObject({
    result: { data: { ready: true } },
  });
  const text = await serveTrpc(new Request(`${web.url}/api/trpc/runs.create`, { method: "POST", body: "x" }));
  expect(text.status).toBe(415);
  expect(await (await serveOpenApi(request("/api/openapi.json", { token: null }))).json()).toMatchObject({
    openapi: "3.1.0",
  });
  expect((await serveCronGc(request("/api/cron/gc"))).status).toBe(401);
  expect((await serveCronGc(request("/api/cron/gc", { token: CRON_SECRET }))).status).toBe(200);
  const body = JSON.stringify({ token: ADMIN_TOKEN });
  const signedIn = await serveAuth(request("/api/auth/sign-in", { method: "POST", body, token: null }));
  expect(signedIn.headers.get("set-cookie")).toContain("HttpOnly");
  const foreign = await serveAuth(
    request("/api/auth/sign-in", { method: "POST", body, token: null, headers: { origin: "http://evil.example" } }),
  );
  expect(foreign.status).toBe(403);
});

test("a stream sends a greeting, and ends when its reader disconnects", async () => {
  const response = await serveLive(request("/api/live?sessions=1"));
  expect(response.headers.get("cache-control")).toContain("no-transform");
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes("event: hello")) text += decoder.decode((await reader?.read())?.value);
  expect(web.wiring.live.streams.count).toBe(1);
  await reader?.cancel();
  expect(web.wiring.live.streams.count).toBe(0);
});

function withoutId(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner) => (key === "requestId" ? undefined : inner)));
}

test("a slow reader receives a whole long log in one stream", async () => {
  const ctx = web.as(ADMIN);
  const run = await makeRun(web.wiring.database.db);
  const event = { type: "command_output" as const, payload: { text: "x".repeat(8_000) } };
  for (let batch = 0; batch < 2; batch += 1)
    await appendEvents(ctx, { runId: run.id, events: Array.from({ length: 400 }, () => event) });
  const { lastEventSeq } = await finishRun(ctx, { runId: run.id, terminalStatus: "completed" });

  const { body } = await serveRest(request(`/api/v1/runs/${run.id}/events/watch`));
  let text = "";
  for await (const chunk of body ?? []) {
    text += Buffer.from(chunk).toString();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  expect([...text.matchAll(/^id: \d+$/gm)]).toHaveLength(lastEventSeq);
  expect(text.endsWith("event: end\ndata: {}\n\n")).toBe(true);
});
