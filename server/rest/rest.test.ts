import { request } from "node:http";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ErrorBody } from "@/contract/errors";
import { TaskReadMarks, TaskTrial } from "@/contract/queue";
import { SMALL_IMAGES } from "@/contract/test/images";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { ADMIN_TOKEN, startTestWeb, type TestWeb } from "@/server/test/web";
import { ROUTES } from "./routes";

let database: TestDatabase;
let web: TestWeb;
beforeAll(async () => {
  database = await createTestDatabase();
  web = await startTestWeb(database);
});
afterAll(async () => {
  await web[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

type Refusal = { status: number; reason: string };

async function refusal(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Refusal> {
  const answer = await web.call(method, path, { ...(body === undefined ? {} : { body }), headers });
  const { error } = answer.body as { error?: unknown };
  const parsed = ErrorBody.parse(error);
  expect(parsed.requestId).toBe(answer.headers.get("x-request-id"));
  expect(parsed.message).not.toMatch(/node_modules|\bat \/|select |insert |Failed query/i);
  return { status: answer.status, reason: parsed.reason };
}

async function countRows(): Promise<string> {
  const { rows } = await web.wiring.database.pool.query(
    `select (select count(*) from agentrun_runs) || ' ' || (select count(*) from agentrun_sessions) || ' ' || (select count(*) from agentrun_queue_tasks) as n`,
  );
  return rows[0].n;
}

test("errors have one shape and the status of their reason", async () => {
  expect(await refusal("GET", "/api/v1/nothing")).toEqual({ status: 404, reason: "not-found" });
  expect(await refusal("GET", "/api/nothing")).toEqual({ status: 404, reason: "not-found" });
  expect(await refusal("PUT", "/api/v1/runs")).toEqual({ status: 405, reason: "method-not-allowed" });
  expect((await web.call("PUT", "/api/v1/runs")).headers.get("allow")).toBe("POST, GET");
  expect(await refusal("POST", "/api/v1/sessions/watch", {})).toEqual({ status: 405, reason: "method-not-allowed" });
  expect(await refusal("GET", "/api/v1/runs/run_none")).toEqual({ status: 404, reason: "not-found" });
  expect(await refusal("GET", "/api/v1/runs/%E0%A4%A")).toEqual({ status: 400, reason: "invalid-input" });
  for (const path of ["/api/v1/runs/%ff/events/watch", "/api/v1/runs/%ED%A0%80/commands/watch", "/api/v1/%c0/watch"])
    expect(await refusal("GET", path)).toEqual({ status: 400, reason: "invalid-input" });
  expect(await refusal("POST", "/api/v1/runs", "{bad")).toEqual({ status: 400, reason: "invalid-input" });
  for (const body of ["null", "[]", "1", '"x"', "\ufeff{}"])
    expect(await refusal("POST", "/api/v1/runs", body)).toEqual({ status: 400, reason: "invalid-input" });
  expect(await refusal("POST", "/api/v1/runs", "{}", { "content-type": "text/plain" })).toEqual({
    status: 415,
    reason: "unsupported-media-type",
  });
  expect(await refusal("POST", "/api/v1/runs", "{}", { "content-encoding": "gzip" })).toEqual({
    status: 415,
    reason: "unsupported-media-type",
  });
  const created = await web.call("POST", "/api/v1/runs", { token: null, body: { backendProfile: "demo" } });
  expect(created.status).toBe(401);
});

test("validates input by name, in the query as in the body", async () => {
  const limits = await web.call("GET", "/api/v1/runs?limit=1000");
  expect(limits).toMatchObject({ status: 200, body: { items: [], cursor: null } });
  for (const ids of ["runIds=run_1", "runIds=run_1&runIds=run_2"])
    expect((await web.call("GET", `/api/v1/runs?${ids}`)).status).toBe(200);
  for (const query of [
    "limit=0",
    "limit=x",
    "limit=1e309",
    "limit=-1",
    "limit=1.5",
    "nope=1",
    "status=nope",
    "limit=1&limit=2",
    "runIds=",
    `runIds=${"x".repeat(300)}`,
    Array.from({ length: 201 }, (_, index) => `runIds=run_${index}`).join("&"),
    "__proto__=1",
    "cursor=x",
  ]) {
    const { status } = await refusal("GET", `/api/v1/runs?${query}`);
    expect([query, status]).toEqual([query, 400]);
  }
  // What is an instant to one route is one to all.
  for (const instant of [
    "2026-11-28T00:00:00-23:59",
    "2026-11-28T00:00:00+16:00",
    `2026-11-28T00:00:00.${"1".repeat(200)}Z`,
  ]) {
    const range = new URLSearchParams({ since: instant, until: instant });
    for (const list of ["runs", "sessions", "queue/tasks", "approvals", "runners", "audit"])
      expect([list, (await web.call("GET", `/api/v1/${list}?${range}`)).status]).toEqual([list, 200]);
    const bulk = { kind: "run", action: "cancel", filter: {}, asOf: instant };
    expect((await web.call("POST", "/api/v1/bulk/preview", { body: bulk })).status).toBe(200);
  }
  const extra = await web.call("POST", "/api/v1/runs", { body: { backendProfile: "demo", surprise: 1 } });
  expect(JSON.stringify(extra.body)).toContain("surprise");
  expect(await refusal("GET", "/api/v1/backends?surprise=1")).toEqual({ status: 400, reason: "invalid-input" });
  expect(await refusal("POST", "/api/v1/runs/run_1/cancel", { runId: "run_2" })).toEqual({
    status: 400,
    reason: "invalid-input",
  });
});

test("passes a metadata filter as JSON in a query without loss", async () => {
  await web.call("POST", "/api/v1/sessions", {
    body: '{"backendProfile":"demo","sessionId":"ses_meta","metadata":{"ticket":7,"__proto__":"x"}}',
  });
  const found = async (metadata: string) => {
    const query = new URLSearchParams({ metadata });
    const { body } = await web.call("GET", `/api/v1/sessions?${query}`);
    return (body as { items: { sessionId: string }[] }).items.map(({ sessionId }) => sessionId);
  };
  expect(await found('{"ticket":7}')).toEqual(["ses_meta"]);
  expect(await found('{"ticket":"7","__proto__":"x"}')).toEqual(["ses_meta"]);
  expect(await found('{"ticket":7,"__proto__":"y"}')).toEqual([]);
  expect(await found('{"ticket":"\\u0000\\ud800"}')).toEqual([]);
  const many = JSON.stringify(Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`n${index}`, index])));
  for (const metadata of ["", "{", "7", "[]", "null", "{}", '{"a":[1]}', '{"a":{}}', '{"":1}', '{"a":1e999}', many])
    for (const path of ["/api/v1/sessions", "/api/v1/queue/tasks"]) {
      const { status } = await refusal("GET", `${path}?${new URLSearchParams({ metadata })}`);
      expect([path, metadata, status]).toEqual([path, metadata, 400]);
    }
});

test("refuses hostile JSON or stores it cleaned, and changes nothing else", async () => {
  const before = await countRows();
  const deep = `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`;
  const bodies = [
    `{"backendProfile":"demo","traceSink":${deep}}`,
    `{"backendProfile":"demo","traceSink":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
    '{"__proto__":{"isAdmin":true},"backendProfile":"demo"}',
    '{"constructor":{"prototype":{"x":1}},"backendProfile":"demo"}',
    '{"backendProfile":"no-such-profile"}',
    '{"backendProfile":"demo","executionPolicy":{"turnTimeoutMs":-1}}',
    '{"backendProfile":"demo","executionPolicy":{"turnTimeoutMs":1e309}}',
    '{"backendProfile":"demo","workspaceRef":{"kind":"git","url":"file:///etc/passwd"}}',
    '{"backendProfile":"demo","sessionRef":{"sessionId":"../x"}}',
    '{"backendProfile":"demo","sessionRef":{"sessionId":"a\\u0000b"}}',
    `{"backendProfile":"${"x".repeat(1_000_000)}"}`,
  ];
  for (const body of bodies)
    expect([body.slice(0, 60), (await refusal("POST", "/api/v1/runs", body)).status]).toEqual([body.slice(0, 60), 400]);
  expect(await countRows()).toBe(before);
  expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined();

  const twice = await web.call("POST", "/api/v1/sessions", {
    body: '{"backendProfile":"no","backendProfile":"demo","sessionId":"ses_twice"}',
  });
  expect(twice).toMatchObject({ status: 200, body: { backendProfile: "demo" } });
  const odd = await web.call("POST", "/api/v1/sessions", {
    body: '{"backendProfile":"demo","sessionId":"ses_odd","title":"a\\u0000b\\ud800c","metadata":{"__proto__":{"x":"\\u0000"},"n":"\\ud83d\\ude00"}}',
  });
  expect(odd).toMatchObject({ status: 200, body: { title: "a\ufffdb\ufffdc" } });
  expect(odd.body).toMatchObject({ metadata: { n: "😀" } });
});

test("refuses a body that is too large before reading it, and continues to serve", async () => {
  const status = await new Promise<number>((resolve, reject) => {
    const outgoing = request(`${web.url}/api/v1/runs`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${ADMIN_TOKEN}`,
        "content-type": "application/json",
        "content-length": 1_000_000_000,
      },
    });
    outgoing.on("response", (response) => {
      resolve(response.statusCode ?? 0);
      outgoing.destroy();
    });
    outgoing.on("error", reject);
    outgoing.write("{");
  });
  expect(status).toBe(413);
  const streamed = await web
    .call("POST", "/api/v1/runs", { body: JSON.stringify({ backendProfile: "x".repeat(17 * 1024 * 1024) }) })
    .catch(() => null);
  expect(streamed === null || streamed.status === 413).toBe(true);
  expect((await web.call("GET", "/healthz")).status).toBe(200);
});

test("tRPC returns the same error in its own envelope, and accepts at most ten calls per batch", async () => {
  const { status, body } = await web.call(
    "GET",
    `/api/trpc/runs.get?input=${encodeURIComponent('{"runId":"run_none"}')}`,
  );
  expect(status).toBe(404);
  const { data } = (body as { error: { data: { agentrun: unknown } } }).error;
  expect(ErrorBody.parse(data.agentrun)).toMatchObject({ reason: "not-found" });
  expect(JSON.stringify(body)).not.toContain("stack");
  const batch = (calls: number) =>
    web.call("GET", `/api/trpc/${Array(calls).fill("health.get").join(",")}?batch=1&input={}`);
  expect((await batch(10)).status).toBe(200);
  const refused = await batch(11);
  expect(refused.status).toBe(400);
  expect(JSON.stringify(refused.body)).toContain(refused.headers.get("x-request-id") ?? "none");
  expect((await web.call("PUT", "/api/trpc/runs.get")).status).toBe(405);
  expect((await web.call("POST", "/api/trpc/runs.create", { body: "{bad" })).status).toBe(400);
  expect((await web.call("GET", "/api/trpc/no.such")).status).toBe(404);
});

test("REST returns the same as tRPC for every reading procedure", async () => {
  await web.call("POST", "/api/v1/sessions", { body: { backendProfile: "demo", sessionId: "ses_same" } });
  const run = (
    await web.call("POST", "/api/v1/runs", { body: { backendProfile: "demo", sessionRef: { sessionId: "ses_same" } } })
  ).body as { id: string };
  const task = (
    await web.call("POST", "/api/v1/queue/tasks", { body: { backendProfile: "demo", title: "t", payload: {} } })
  ).body as { id: string };
  const bulk = (await web.call("POST", "/api/v1/bulk", { body: { kind: "task", action: "retry", ids: [task.id] } }))
    .body as { id: string };
  const scheduled = { backendProfile: "demo", title: "t", payload: {} };
  const schedule = (
    await web.call("POST", "/api/v1/schedules", { body: { name: "nightly", cron: "0 3 * * *", task: scheduled } })
  ).body as { id: string };
  await web.call("POST", `/api/v1/schedules/${schedule.id}/trigger`, { body: {} });
  const budget = (await web.call("POST", "/api/v1/budgets", { body: { name: "models", unit: "USD", limit: 5 } }))
    .body as { id: string };
  const { items } = (await web.call("GET", `/api/v1/runs/${run.id}/events`)).body as { items: { id: string }[] };
  const eventId = items[0]?.id ?? "";
  const base64 = SMALL_IMAGES["image/gif"];
  const { id: attachmentId } = (await web.call("POST", "/api/v1/sessions/ses_same/attachments", { body: { base64 } }))
    .body as { id: string };
  const ids: Record<string, string> = {
    ...{ runId: run.id, sessionId: "ses_same", taskId: task.id, eventId, name: "queue", bulkId: bulk.id },
    ...{ profile: "demo", scheduleId: schedule.id, budgetId: budget.id, attachmentId },
  };
  // A session's own answer is up to date at once, its row in lists a moment later; so compare two answers.
  const read = (await web.call("GET", "/api/v1/sessions/ses_same")).body as { lastEventSeq: number };
  expect(read.lastEventSeq).toBe(items.length);
  const followed = async () => {
    const { items } = (await web.call("GET", "/api/v1/sessions?state=all")).body as {
      items: (typeof read & { sessionId: string })[];
    };
    return items.find(({ sessionId }) => sessionId === "ses_same")?.lastEventSeq;
  };
  await expect.poll(followed).toBe(items.length);
  // Inputs without which a route does not answer.
  const asked: Record<string, object> = {
    "sessions.digests": { sessionIds: ["ses_same"] },
    "sessions.searchConversations": { text: "hello" },
    "schedules.preview": { cron: "0 3 * * *" },
  };
  let compared = 0;
  for (const route of ROUTES.filter(({ method }) => method === "GET")) {
    const names = [...route.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
    // This session has no archive to read a file from.
    if (names.some((name) => !(name in ids)) || route.procedure === "files.read") continue;
    const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => ids[name] ?? "");
    const input = { ...Object.fromEntries(names.map((name) => [name, ids[name]])), ...asked[route.procedure] };
    const query = new URLSearchParams(
      Object.entries(asked[route.procedure] ?? {}).map(([name, value]) => [name, String(value)]),
    );
    const rest = await web.call("GET", `/api/v1${path}?${query}`);
    const trpc = await web.call(
      "GET",
      `/api/trpc/${route.procedure}?input=${encodeURIComponent(JSON.stringify(input))}`,
    );
    expect([route.path, rest.status]).toEqual([route.path, 200]);
    const told = (trpc.body as { result: { data: unknown } }).result.data;
    expect(withoutClock(rest.body)).toEqual(withoutClock(told));
    // Answers match what the document promises.
    expect([route.path, route.answer.safeParse(rest.body).error?.message]).toEqual([route.path, undefined]);
    compared += 1;
  }
  expect(compared).toBeGreaterThan(12);
});

test("returns digests of the named sessions, in the order of ids, and validates their number", async () => {
  for (const sessionId of ["ses_d1", "ses_d2"])
    await web.call("POST", "/api/v1/sessions", { body: { backendProfile: "demo", sessionId } });
  const digests = await web.call("GET", "/api/v1/session-digests?sessionIds=ses_d2&sessionIds=ses_d1&sessionIds=none");
  expect(digests.body).toMatchObject({
    items: [{ sessionId: "ses_d1", tokens: { calls: 0, costs: [] }, lastEvent: null }, { sessionId: "ses_d2" }],
  });
  const many = Array.from({ length: 201 }, (_, index) => `sessionIds=ses_${index}`).join("&");
  for (const query of ["", "sessionIds=", many, "sessionIds=a&limit=1"])
    expect(await refusal("GET", `/api/v1/session-digests?${query}`)).toEqual({ status: 400, reason: "invalid-input" });
});

test("no caller-chosen id hides a route, and no route hides an id", async () => {
  for (const sessionId of ["digests", "stats", "history"]) {
    await web.call("POST", "/api/v1/sessions", { body: { backendProfile: "demo", sessionId } });
    expect((await web.call("GET", `/api/v1/sessions/${sessionId}`)).body).toMatchObject({ sessionId });
    await web.call("POST", "/api/v1/runners", { body: { id: sessionId } });
    expect((await web.call("GET", `/api/v1/runners/${sessionId}`)).body).toMatchObject({ id: sessionId });
  }
  for (const sessionId of ["watch", "storage"])
    expect(await refusal("POST", "/api/v1/sessions", { backendProfile: "demo", sessionId })).toEqual({
      ...{ status: 400, reason: "invalid-input" },
    });
});

test("a reading procedure with a body answers over REST as over tRPC", async () => {
  const input = { backendProfile: "demo", title: "tried", payload: {}, queue: "of-trials" };
  for (const [path, procedure, body, answer] of [
    ["/queue/tasks/simulate", "queue.simulateTask", input, TaskTrial],
    ["/queue/tasks/read", "queue.markTasksRead", { readerId: "r", filter: { queue: "of-trials" } }, TaskReadMarks],
  ] as const) {
    const rest = await web.call("POST", `/api/v1${path}`, { body });
    const trpc = await web.call("POST", `/api/trpc/${procedure}`, { body });
    expect([path, rest.status, trpc.status]).toEqual([path, 200, 200]);
    const told = (trpc.body as { result: { data: unknown } }).result.data;
    expect(withoutClock(rest.body)).toEqual(withoutClock(told));
    expect([path, answer.safeParse(rest.body).error?.message]).toEqual([path, undefined]);
  }
  const { items } = (await web.call("GET", "/api/v1/queue/tasks?queue=of-trials")).body as { items: unknown[] };
  expect(items).toEqual([]);
});

/** Fields that hold the time of an answer, or a time that counts from it. */
const CLOCKS = ["generatedAt", "from", "to", "clock", "startedAt", "tookMs", "asOf"];

function withoutClock(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, inner) => (CLOCKS.includes(key) ? undefined : inner)));
}
