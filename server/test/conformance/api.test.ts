import { TRPCClientError } from "@trpc/client";
import { expect, test } from "vitest";
import { CRON_SECRET } from "@/server/test/web";
import { type Json, readError, type Sent, startProgram, uniqueName } from "./program";

const program = startProgram();

/** Every route that the contract names. */
const ROUTES = `
POST|GET /runs
GET /runs/{runId}
POST /runs/{runId}/claim
POST /runs/{runId}/heartbeat
POST /runs/{runId}/finish
POST /runs/{runId}/cancel
POST|GET /runs/{runId}/commands
GET /commands/{commandId}
POST /commands/{commandId}/ack
POST /commands/{commandId}/finish
POST /commands/{commandId}/cancel
POST|GET /runs/{runId}/events
POST|GET /runs/{runId}/runner-jobs
GET /runner-jobs/{runnerJobId}
POST|GET /runners
GET /runners/{runnerId}
POST|GET /sessions
GET|PATCH|DELETE /sessions/{sessionId}
GET /sessions/{sessionId}/trace
GET /sessions/{sessionId}/output
POST /sessions/{sessionId}/read
GET|DELETE /sessions/{sessionId}/storage
POST /sessions/{sessionId}/storage/refresh
POST /sessions/{sessionId}/storage/restore
POST /sessions/{sessionId}/fork
POST /sessions/{sessionId}/storage/archive
POST /sessions/{sessionId}/storage/force-release
POST /sessions/{sessionId}/storage/pin
POST /sessions/{sessionId}/storage/unpin
POST /sessions/{sessionId}/storage/extend
POST /sessions/storage/gc
GET /storage
GET /storage/history
POST /storage/gc/pause
POST /storage/gc/resume
GET /storage/orphans
POST /storage/orphans/{name}/adopt
DELETE /storage/orphans/{name}
POST|GET /queue/tasks
GET /queue/tasks/{taskId}
POST /queue/tasks/{taskId}/attempt
POST /queue/tasks/{taskId}/cancel
POST /queue/tasks/{taskId}/read
GET /queue/stats
GET /queue/commander
GET /backends
GET /runs/{runId}/events/watch
GET /runs/{runId}/commands/watch
GET /sessions/watch
GET /queue/watch`;
const routes = ROUTES.trim()
  .split("\n")
  .flatMap((line) => {
    const [methods = "", path = ""] = line.split(" ");
    return methods.split("|").map((method) => ({ method, path }));
  });

test("the OpenAPI 3.1 document describes every route of the contract", async () => {
  const { status, body } = await program().send("GET", "/api/openapi.json", { token: null });
  expect(status).toBe(200);
  expect(body.openapi).toMatch(/^3\.1/);
  for (const { method, path } of routes) {
    const operation = body.paths[`/api/v1${path}`]?.[method.toLowerCase()];
    expect(operation, `${method} ${path}`).toBeDefined();
    expect(operation.responses["200"], `${method} ${path}`).toBeDefined();
    for (const [, name] of path.matchAll(/\{(\w+)\}/g))
      expect(operation.parameters.some((parameter: Json) => parameter.in === "path" && parameter.name === name)).toBe(
        true,
      );
  }
  expect(JSON.stringify(body)).toContain("failureKind");
});

test("every route exists, requires a token, and refuses another method", async () => {
  for (const { method, path } of routes) {
    const real = path.replace(/\{\w+\}/g, "nobody");
    const without = await program().refused(401, method, real, method === "GET" ? undefined : {}, null);
    expect(without, `${method} ${path}`).toMatchObject({ failureKind: "unauthenticated", reason: "unauthenticated" });
    // A stream that is accepted does not end.
    if (real.endsWith("/watch")) continue;
    const answer = await program().send(method, `/api/v1${real}`, method === "GET" ? {} : { body: {} });
    if (answer.status !== 200) expect(readError(answer).reason, `${method} ${path}`).toMatch(/invalid-input|not-found/);
  }
  const put = await program().send("PUT", "/api/v1/runs", { body: {} });
  expect(put.status).toBe(405);
  expect(put.headers.get("allow")).toMatch(/GET/);
  expect(readError(put)).toMatchObject({ failureKind: "schema-invalid", reason: "method-not-allowed" });
  const none = await program().send("GET", "/api/v1/nothing/here");
  expect(none.status).toBe(404);
  expect(readError(none)).toMatchObject({ failureKind: "schema-invalid", reason: "not-found" });
});

test("malformed, unknown and foreign tokens get 401", async () => {
  for (const token of ["", "x", "aro_", `aro_${"a".repeat(43)}`, "Bearer", "é".repeat(8), CRON_SECRET]) {
    const answer = await program().send("GET", "/api/v1/runs", {
      token: null,
      headers: { authorization: `Bearer ${encodeURIComponent(token)}` },
    });
    expect(answer.status, token).toBe(401);
    readError(answer);
  }
  const basic = await program().send("GET", "/api/v1/runs", { token: null, headers: { authorization: "Basic YTpi" } });
  expect(basic.status).toBe(401);
});

test("tRPC returns the same error in error.data.agentrun, and a client branches on it", async () => {
  const rest = await program().refused(404, "GET", "/runs/run_nobody");
  const { status, error } = await program().trpc("query", "runs.get", { runId: "run_nobody" });
  expect(status).toBe(404);
  const { requestId, ...same } = error.data.agentrun;
  expect(requestId).toEqual(expect.any(String));
  expect({ ...same, requestId: rest.requestId }).toEqual(rest);
  expect(JSON.stringify(error)).not.toMatch(/stack|node_modules/);
  const failure = await program()
    .client()
    .runs.get.query({ runId: "run_nobody" })
    .catch((thrown: unknown) => thrown);
  if (!(failure instanceof TRPCClientError)) throw new Error("it was found");
  expect(failure.data.agentrun).toMatchObject({ failureKind: "schema-invalid", reason: "not-found" });
  for (const [type, path, input, token, expected] of [
    ["query", "runs.nothing", {}, undefined, 404],
    ["query", "runs.create", { backendProfile: "codex" }, undefined, 405],
    ["mutation", "runs.get", { runId: "x" }, undefined, 405],
    ["mutation", "runs.create", { backendProfile: "codex", surprise: 1 }, undefined, 400],
    ["mutation", "runs.create", { backendProfile: "codex" }, null, 401],
    ["query", "runs.list", {}, "wrong", 401],
  ] as const) {
    const answer = await program().trpc(type, path, input, token);
    expect(answer.status, `${type} ${path}`).toBe(expected);
    expect(Object.keys(answer.error.data.agentrun).sort(), path).toEqual(
      expect.arrayContaining(["failureKind", "message", "reason", "requestId"]),
    );
  }
  const broken = await program().send("POST", "/api/trpc/runs.create", { body: "{" });
  expect(broken.status).toBe(400);
  expect(broken.body.error.data.agentrun).toMatchObject({ failureKind: "schema-invalid", reason: "invalid-input" });
});

test("accepts a batch of ten, and refuses one of eleven", async () => {
  const batch = (count: number) =>
    program().send("GET", `/api/trpc/${Array.from({ length: count }, () => "health.get").join(",")}?batch=1&input={}`);
  const ten = await batch(10);
  expect(ten.status).toBe(200);
  expect(ten.body).toHaveLength(10);
  expect((await batch(11)).status).toBe(400);
});

test("a single mutation is answered like a batch of one, for every kind of error", async () => {
  const run = await program().run();
  const calls: [path: string, body: string, sent: Sent][] = [
    ["sessions.markRead", JSON.stringify({ sessionId: "ses_nobody", readerId: "me" }), {}],
    ["events.append", JSON.stringify({ runId: run.id, events: [] }), {}],
    ["events.append", JSON.stringify({ runId: run.id, events: [{ type: "warning", payload: {} }], batchId: "b" }), {}],
    ["runs.cancel", JSON.stringify({ runId: run.id, surprise: 1 }), {}],
    ["runs.cancel", "", {}],
    ["runs.cancel", "null", {}],
    ["runs.cancel", JSON.stringify({ runId: run.id }), { token: "unknown" }],
    ["runs.cancel", JSON.stringify({ runId: run.id }), { token: null }],
  ];
  for (const [path, body, sent] of calls) {
    const alone = await program().send("POST", `/api/trpc/${path}`, { ...sent, body });
    const batch = body === "" ? "{}" : `{"0":${body}}`;
    const [first] = (await program().send("POST", `/api/trpc/${path}?batch=1`, { ...sent, body: batch })).body;
    const known = { ...alone.body };
    if (known.error) known.error.data.agentrun.requestId = first.error.data.agentrun.requestId;
    expect(known, `${path} ${body}`).toEqual(first);
    expect(alone.status, `${path} ${body}`).toBe(known.error?.data.httpStatus ?? 200);
    expect(alone.headers.get("content-type")).toContain("application/json");
  }
});

test("the typed client and REST return the same bodies", async () => {
  const client = program().client();
  const sessionId = uniqueName("ses");
  const session = await client.sessions.create.mutate({ sessionId, backendProfile: "codex" });
  const { unread: _unread, ...stored } = session;
  expect(await program().get(`/sessions/${sessionId}`)).toMatchObject(stored);
  const run = await client.runs.create.mutate({ backendProfile: "codex", sessionRef: { sessionId } });
  const turn = { runId: run.id, type: "turn" as const, payload: { text: "hi" } };
  const command = await client.commands.create.mutate(turn);
  expect(await program().get(`/commands/${command.id}`)).toEqual(command);
  const claimed = await client.runs.claim.mutate({ runId: run.id, runnerId: "typed" });
  const runner = program().client(claimed.runnerToken);
  const { leaseEpoch } = claimed;
  await runner.commands.ack.mutate({ commandId: command.id, leaseEpoch });
  const events = [{ type: "assistant_message" as const, payload: { text: "hello" } }];
  await runner.events.append.mutate({ runId: run.id, leaseEpoch, events });
  await runner.commands.finish.mutate({ commandId: command.id, leaseEpoch, terminalStatus: "completed" });
  const ended = await runner.runs.finish.mutate({ runId: run.id, leaseEpoch, terminalStatus: "completed" });
  expect(ended).toEqual(await program().get(`/runs/${run.id}`));
  const listed = await client.events.list.query({ runId: run.id });
  expect(listed).toEqual(await program().get(`/runs/${run.id}/events`));
  const output = await client.sessions.output.query({ sessionId });
  expect(output.items.map((event) => event.type)).toEqual(["assistant_message", "terminal_status"]);
});

test("health needs no token, and has the contract's fields", async () => {
  const record = {
    ready: true,
    reachable: true,
    migrationReady: true,
    migrationId: expect.stringMatching(/^\d{3}_/),
    failureKind: null,
    message: null,
    credentialValuesPrinted: false,
  };
  const ready = await program().send("GET", "/readyz", { token: null });
  expect(ready.status).toBe(200);
  expect(ready.body).toMatchObject(record);
  expect(Object.keys(ready.body).sort()).toEqual(["adapter", ...Object.keys(record)].sort());
  expect((await program().trpc("query", "health.get", undefined, null)).data).toMatchObject(record);
  expect((await program().send("GET", "/healthz", { token: null })).status).toBe(200);
});

test("metrics count stored events, however many arrive per request", async () => {
  const counted = async () => {
    const { body } = await program().send("GET", "/metrics");
    return Number(/^agentrun_events_stored_total (\d+)$/m.exec(body)?.[1]);
  };
  const run = await program().run();
  const before = await counted();
  const batch = { batchId: uniqueName("batch"), events: [1, 2, 3].map((n) => ({ type: "warning", payload: { n } })) };
  await program().post(`/runs/${run.id}/events`, batch);
  await program().post(`/runs/${run.id}/events`, batch);
  expect(await counted()).toBe(before + 3);
});

test("metrics are Prometheus text, only for an operator's token", async () => {
  const without = await program().send("GET", "/metrics", { token: null });
  expect(without.status).toBe(401);
  const { status, body, headers } = await program().send("GET", "/metrics");
  expect(status).toBe(200);
  expect(headers.get("content-type")).toMatch(/^text\/plain/);
  expect(body).toMatch(/^# HELP /m);
  const run = await program().run();
  const { runnerToken } = await program().claim(run.id, "r1");
  expect((await program().send("GET", "/metrics", { token: runnerToken })).status).toBe(403);
});

test("the cron route accepts only its secret, and only GET", async () => {
  for (const token of [null, "wrong", `${CRON_SECRET}x`, ""]) {
    const answer = await program().send("GET", "/api/cron/gc", { token });
    expect(answer.status, String(token)).toBe(401);
    readError(answer);
  }
  const admin = await program().send("GET", "/api/cron/gc");
  expect(admin.status).toBe(401);
  const post = await program().send("POST", "/api/cron/gc", { token: CRON_SECRET, body: {} });
  expect(post.status).toBe(405);
  const head = await program().send("HEAD", "/api/cron/gc", { token: CRON_SECRET });
  expect(head.status).toBe(405);
  const inQuery = await program().send("GET", `/api/cron/gc?token=${CRON_SECRET}&secret=${CRON_SECRET}`, {
    token: null,
  });
  expect(inQuery.status).toBe(401);
  const { status, body } = await program().send("GET", "/api/cron/gc", { token: CRON_SECRET });
  expect(status).toBe(200);
  expect(body).toMatchObject({ evicted: [], advanced: [], kept: [], dryRun: false });
});

test("a request's own id is returned in its answer and its error", async () => {
  const answer = await program().send("GET", "/api/v1/runs/nobody", { headers: { "x-request-id": "mine-1" } });
  expect(answer.headers.get("x-request-id")).toBe("mine-1");
  expect(readError(answer).requestId).toBe("mine-1");
  const odd = await program().send("GET", "/api/v1/runs/nobody", { headers: { "x-request-id": "a b<script>" } });
  expect(readError(odd).requestId).not.toContain("script");
});

test("a browser's cookie is refused from another origin, and no GET changes anything", async () => {
  const { headers } = await program().send("POST", "/api/auth/sign-in", {
    token: null,
    body: { token: "admin-token-of-a-test" },
  });
  const [cookie = ""] = (headers.get("set-cookie") ?? "").split(";");
  expect(headers.get("set-cookie")).toMatch(/HttpOnly/i);
  expect(headers.get("set-cookie")).toMatch(/SameSite/i);
  const call = (more: Record<string, string>, path = "/api/v1/runs", method = "POST") =>
    program().send(method, path, {
      token: null,
      headers: { cookie, ...more },
      ...(method === "POST" ? { body: { backendProfile: "codex" } } : {}),
    });
  const { url } = program().web;
  expect((await call({ origin: url })).status).toBe(200);
  expect((await call({ origin: "https://evil.example" })).status).toBe(403);
  expect((await call({ origin: "null" })).status).toBe(403);
  expect((await call({ "sec-fetch-site": "cross-site" })).status).toBe(403);
  expect((await call({ origin: url, "content-type": "text/plain" })).status).toBe(415);
  expect((await call({ origin: url }, "/api/cron/gc", "GET")).status).toBe(401);
});
