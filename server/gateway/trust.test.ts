import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import { expect, test, vi } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { setBodyLogging } from "@/server/runs";
import { ADMIN } from "@/server/test/context";
import { logBodies as logAnswer } from "./log-bodies";
import { ask, KEY, KEY_ENV, modelToken, startGateway, startProvider, streamCompleted } from "./test/gateway";

const reasonOf = (body: unknown) => (body as { error?: { reason?: string } }).error?.reason;

test("a run's token may use its own model and those that its profile allows, and no other", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider(streamCompleted);
  await using web = await startGateway(database, provider.url, { models: ["m1-mini"] });
  const plain = await modelToken(web, "codex");
  const own = await modelToken(web, "codex", { executionPolicy: { model: "m2" } });
  const statusOf = async (token: string, model: unknown) =>
    (await ask(web, "codex", token, { model, input: [{ role: "user", content: 'say "model": "m1"' }] })).status;

  expect(
    await Promise.all(["m1", "m1-mini", "m2", "dear", "", null].map((model) => statusOf(plain.token, model))),
  ).toEqual([200, 200, 403, 403, 403, 403]);
  expect(await Promise.all(["m2", "m1-mini", "m1"].map((model) => statusOf(own.token, model)))).toEqual([
    200, 200, 403,
  ]);
  // If a key occurs twice, the provider would use the last.
  const twice = await fetch(`${web.url}/api/model/codex/v1/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${plain.token}`, "content-type": "application/json" },
    body: '{"model":"m1","input":[],"model":"dear"}',
  });
  expect(twice.status).toBe(403);
  expect(provider.seen).toHaveLength(4);
  const refused = async () =>
    (await web.call("GET", "/api/v1/usage/calls?outcome=refused")).body as { items: unknown[] };
  await expect.poll(async () => (await refused()).items.length).toBe(6);
});

test("refuses background answers, whose tokens could not be counted, before the provider is called", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider(streamCompleted);
  await using web = await startGateway(database, provider.url);
  const { token } = await modelToken(web, "codex");
  const asked = async (field: string) => {
    const answer = await fetch(`${web.url}/api/model/codex/v1/responses`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: `{"model":"m1","input":"say \\"background\\": true"${field}}`,
    });
    return [answer.status, await answer.text()] as const;
  };
  for (const field of [',"background":true', ',"Background" : 1', ',"\\u0062ackground":true']) {
    const [status, text] = await asked(field);
    expect([status, text]).toEqual([400, expect.stringContaining("background: answers are not kept here")]);
  }
  expect(provider.seen).toEqual([]);
  for (const field of ["", ',"background":false', ',"metadata":{"background":true}'])
    expect((await asked(field))[0]).toBe(200);
  expect(provider.seen).toHaveLength(3);
  const refused = async () =>
    (await web.call("GET", "/api/v1/usage/calls?outcome=refused")).body as { items: unknown[] };
  await expect.poll(async () => (await refused()).items.length).toBe(3);
});

test("reads no body of an unknown caller, and counts unknown model names as none", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider(streamCompleted);
  await using web = await startGateway(database, provider.url);
  const { token } = await modelToken(web, "codex");
  let sentBytes = 0;
  const endless = new ReadableStream({
    pull(controller) {
      sentBytes += 65_536;
      if (sentBytes > 64 * 1024 * 1024) return controller.close();
      controller.enqueue(new Uint8Array(65_536).fill(32));
    },
  });
  const answer = await fetch(`${web.url}/api/model/codex/v1/responses`, {
    ...{ method: "POST", body: endless, duplex: "half" },
    headers: { authorization: `Bearer ${token.slice(0, -4)}xxxx`, "content-type": "application/json" },
  } as RequestInit).catch(() => null);
  expect(answer?.status ?? 401).toBe(401);
  expect(sentBytes).toBeLessThan(32 * 1024 * 1024);
  for (const model of ["made-up-0", "made-up-1"])
    expect((await ask(web, "codex", token, { model, input: [] })).status).toBe(403);
  const models = async () =>
    ((await web.call("GET", "/api/v1/usage/calls")).body as { items: { model: string }[] }).items.map(
      (call) => call.model,
    );
  await expect.poll(models).toEqual(["m1", "m1"]);
});

test.each([
  ["its model", "codex", 100],
  ["another's model, which it has not,", "deepseek", 0],
])("limits the request rate of a run that calls %s, and of no other run", async (_what, profile, answeredMin) => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider(streamCompleted);
  await using web = await startGateway(database, provider.url);
  const [busy, quiet] = [await modelToken(web, "codex"), await modelToken(web, "codex")];
  let refused: Awaited<ReturnType<typeof ask>> | undefined;
  for (let calls = 0; calls < 600 && refused === undefined; calls += 20) {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(web, profile, busy.token)));
    refused = answers.find(({ status }) => status === 429);
  }
  expect(reasonOf(refused?.body)).toBe("rate-limited");
  expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
  expect(provider.seen.length).toBeGreaterThanOrEqual(answeredMin);
  expect((await ask(web, "codex", quiet.token)).status).toBe(200);
});

test("limits a run's concurrent model calls without limiting other runs", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  let isSilent = true;
  await using provider = await startProvider((res) => {
    if (!isSilent) streamCompleted(res);
  });
  await using web = await startGateway(database, provider.url, {}, { AGENTRUN_MODEL_CALLS_PER_RUN_MAX: "2" });
  const [busy, other] = [await modelToken(web, "codex"), await modelToken(web, "codex")];
  const leave = new AbortController();
  const open = [1, 2].map(() =>
    fetch(`${web.url}/api/model/codex/v1/responses`, {
      method: "POST",
      headers: { authorization: `Bearer ${busy.token}`, "content-type": "application/json" },
      body: '{"model":"m1","input":[]}',
      signal: leave.signal,
    }),
  );
  await expect.poll(() => provider.seen.length).toBe(2);
  isSilent = false;
  const refused = await ask(web, "codex", busy.token);
  expect([refused.status, reasonOf(refused.body)]).toEqual([429, "rate-limited"]);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect((await ask(web, "codex", other.token)).status).toBe(200);
  leave.abort();
  expect((await Promise.allSettled(open)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  // Calls that were abandoned, refused or answered no longer take up a place.
  await expect.poll(async () => (await ask(web, "codex", busy.token)).status).toBe(200);
  for (let calls = 0; calls < 4; calls += 1) {
    expect((await ask(web, "codex", busy.token, { model: "dear" })).status).toBe(403);
    expect((await ask(web, "codex", busy.token)).status).toBe(200);
  }
});

test("limits the bytes of a run's unanswered requests without limiting other runs", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  const asked: ServerResponse[] = [];
  await using provider = await startProvider((res, { body }) => {
    if (body.includes("wait")) asked.push(res);
    else streamCompleted(res);
  });
  const env = { AGENTRUN_MODEL_BYTES_PER_RUN_MAX: "100000", AGENTRUN_MODEL_CALLS_PER_RUN_MAX: "3" };
  await using web = await startGateway(database, provider.url, {}, env);
  const [busy, other] = [await modelToken(web, "codex"), await modelToken(web, "codex")];
  const long = (word: string) => ({ model: "m1", input: `${word} ${"x".repeat(60_000)}` });
  const first = ask(web, "codex", busy.token, long("wait"));
  await expect.poll(() => asked.length).toBe(1);
  // Refused calls do not take up a place among the open ones either.
  for (let refusals = 0; refusals < 4; refusals += 1) {
    const { status, body } = await ask(web, "codex", busy.token, long("go"));
    expect([status, JSON.stringify(body)]).toEqual([429, expect.stringContaining("too long together")]);
  }
  expect((await ask(web, "codex", other.token, long("go"))).status).toBe(200);
  expect((await ask(web, "codex", busy.token)).status).toBe(200);
  // A request that does not state its length is counted as it arrives.
  const chunked = await fetch(`${web.url}/api/model/codex/v1/responses`, {
    ...{ method: "POST", body: new Blob([JSON.stringify(long("go"))]).stream(), duplex: "half" },
    headers: { authorization: `Bearer ${busy.token}`, "content-type": "application/json" },
  } as RequestInit).catch(() => null);
  expect(chunked?.status ?? 429).toBe(429);
  // Once the answer begins, the request's bytes are freed, however long the answer takes.
  asked[0]?.writeHead(200, { "content-type": "text/event-stream" }).write("data: {}\n\n");
  await expect.poll(async () => (await ask(web, "codex", busy.token, long("go"))).status).toBe(200);
  asked[0]?.end();
  expect((await first).status).toBe(200);
});

test("calls queued on a connection release their places when it closes", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  let isOver = false;
  const ended: boolean[] = [];
  await using provider = await startProvider((res) => {
    if (isOver) return streamCompleted(res);
    // Sends much that nobody reads, without an end.
    res.once("close", () => ended.push(true));
    res.writeHead(200, { "content-type": "text/event-stream" });
    for (let line = 0; line < 200; line += 1) res.write(`data: ${JSON.stringify({ filler: "x".repeat(500) })}\n\n`);
  });
  await using web = await startGateway(database, provider.url, {}, { AGENTRUN_MODEL_CALLS_PER_RUN_MAX: "2" });
  const { token } = await modelToken(web, "codex");
  const body = '{"model":"m1","input":[],"stream":true}';
  const { hostname, port } = new URL(web.url);
  const call = [
    "POST /api/model/codex/v1/responses HTTP/1.1",
    `host: ${hostname}:${port}`,
    `authorization: Bearer ${token}`,
    "content-type: application/json",
    `content-length: ${body.length}`,
    "",
    body,
  ].join("\r\n");
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  socket.write(call + call);
  await expect.poll(() => provider.seen.length).toBe(2);
  socket.destroy();
  await expect.poll(() => ended.length, { timeout: 10_000 }).toBe(2);
  isOver = true;
  await expect.poll(async () => (await ask(web, "codex", token)).status, { timeout: 10_000 }).toBe(200);
});

test("logs prompts and answers only of the run that an operator selected, redacted, and only while selected", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider(streamCompleted);
  await using web = await startGateway(database, provider.url);
  const lines: string[] = [];
  vi.spyOn(web.wiring.log, "info").mockImplementation(((fields: unknown, text: unknown) => {
    lines.push(JSON.stringify([fields, text]));
  }) as never);
  const [watched, other] = [await modelToken(web, "codex"), await modelToken(web, "codex")];
  const secret = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";
  const body = { model: "m1", input: [{ role: "user", content: `the heron and ${secret}` }] };
  const heard = async () => {
    lines.length = 0;
    for (const { token } of [watched, other]) expect((await ask(web, "codex", token, body)).status).toBe(200);
    return lines.filter((line) => line.includes("heron") || line.includes("response.completed"));
  };

  expect(await heard()).toEqual([]);
  const run = await setBodyLogging(web.as(ADMIN), { runId: watched.runId, minutes: 5 });
  expect(Date.parse(run.bodiesLoggedUntil ?? "")).toBeGreaterThan(Date.now());
  const said = await heard();
  expect(said).toHaveLength(2);
  expect(said.every((line) => line.includes(watched.runId))).toBe(true);
  expect(said[0]).toContain("the heron and [redacted]");
  expect(said.join()).not.toContain(secret);
  expect((await setBodyLogging(web.as(ADMIN), { runId: watched.runId, minutes: 0 })).bodiesLoggedUntil).toBeNull();
  expect(await heard()).toEqual([]);
});

test.each([
  ["that is whole", true],
  ["that is cut", false],
])("redacts a secret that arrives in pieces from the log of an answer %s", async (_how, isWhole) => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  const secret = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";
  const pieces = ["the her", "on and ghp_01234567", "89abcdefghijklmnop", "qrstuvwxyz, and", " ghp_98765"];
  const events: object[] = pieces.flatMap((delta) => [
    { type: "response.output_text.delta", output_index: 0, content_index: 0, delta },
    // An event of another call.
    { type: "response.function_call_arguments.delta", output_index: 1, delta: "x " },
  ]);
  if (isWhole) {
    const content = [{ type: "output_text", text: `${pieces.join("")}, to the end` }];
    events.push({ type: "response.completed", response: { output: [{ type: "message", content }] } });
  }
  await using provider = await startProvider((res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    for (const event of events) res.write(`data: ${JSON.stringify(event)}\n\n`);
    res.end();
  });
  await using web = await startGateway(database, provider.url);
  const info = vi.spyOn(web.wiring.log, "info");
  const { token, runId } = await modelToken(web, "codex");
  await setBodyLogging(web.as(ADMIN), { runId, minutes: 5 });
  expect((await ask(web, "codex", token)).status).toBe(200);

  const logged = info.mock.calls.find((call) => (call as unknown[])[1] === "model response body");
  const body = String((logged?.[0] as { body?: string } | undefined)?.body);
  expect(body).toContain("the heron and [redacted], and");
  expect(body).toContain(isWhole ? "to the end" : "x x x ");
  expect(body).not.toContain("89abcdefghijklmnop");
  expect(body).not.toContain(secret.slice(0, 10));
  if (!isWhole) expect(body).not.toContain("ghp_");
});

test("logs a refused request too, and passes the refusal on", async () => {
  await using database = await createTestDatabase();
  await using web = await startGateway(database, "http://127.0.0.1:9");
  const info = vi.spyOn(web.wiring.log, "info");
  const grant = { runId: "run_1", profile: "codex" } as Parameters<typeof logAnswer>[1];
  const refused = logAnswer(web.wiring.log, grant, '{"input":"the heron"}', Promise.reject(new Error("refused")));
  await expect(refused).rejects.toThrow("refused");
  expect(JSON.stringify(info.mock.calls)).toContain("the heron");
});
