import { expect, test, vi } from "vitest";
import { IMAGES_BYTES_PER_MESSAGE_MAX } from "@/contract/image";
import { createTestDatabase } from "@/db/test/database";
import { listBackends } from "@/server/backends";
import { endRunTokens } from "@/server/identity";
import { ADMIN } from "@/server/test/context";
import { startTestWeb, type TestWeb } from "@/server/test/web";
import { ask, KEY, KEY_ENV, modelToken, startGateway, startProvider, streamCompleted } from "./test/gateway";

const healthOf = async (web: TestWeb) =>
  (await listBackends(web.as(ADMIN))).items.find(({ profile }) => profile === "codex")?.health;

test("forwards a request with the key, returns the answer unchanged and counts its tokens", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider(streamCompleted);
  await using web = await startGateway(database, provider.url);
  const { token } = await modelToken(web, "codex");
  const body = { model: "m1", input: [{ role: "user", content: "hi" }], stream: true };

  const answer = await ask(web, "codex", token, body);

  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toContain("text/event-stream");
  expect(answer.body).toContain("response.completed");
  expect(JSON.parse(provider.seen[0]?.body ?? "")).toEqual(body);
  expect(provider.seen[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  const metrics = await web.call("GET", "/metrics");
  expect(metrics.body).toContain('agentrun_model_tokens_total{profile="codex",direction="input"} 7');
  expect(metrics.body).toContain('agentrun_model_tokens_total{profile="codex",direction="output"} 3');
});

test("forwards as many images as a message may show, byte for byte", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider(streamCompleted);
  await using web = await startGateway(database, provider.url);
  const { token } = await modelToken(web, "codex");
  const base64 = Buffer.alloc(IMAGES_BYTES_PER_MESSAGE_MAX, 7).toString("base64");
  const image = { type: "input_image", image_url: `data:image/png;base64,${base64}` };
  const body = { model: "m1", input: [{ role: "user", content: [image] }], stream: true };
  expect((await ask(web, "codex", token, body)).status).toBe(200);
  expect(provider.seen[0]?.body === JSON.stringify(body)).toBe(true);
});

test("a model token opens only its own profile, and only while its run is held", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider(streamCompleted);
  await using web = await startGateway(database, provider.url);
  const { token, runId } = await modelToken(web, "codex");

  expect((await ask(web, "deepseek", token)).status).toBe(404);
  for (const wrong of [null, "arm_wrong", "admin-token-of-a-test"])
    expect((await ask(web, "codex", wrong)).status).toBe(401);
  expect((await web.call("GET", "/api/v1/runs", { token })).status).toBe(401);
  expect((await web.call("GET", "/api/model/codex/v1/models", { token })).body).toMatchObject({ data: [{ id: "m1" }] });
  expect((await web.call("POST", "/api/model/codex/v1/files", { token, body: {} })).status).toBe(404);
  expect((await web.call("GET", "/api/model/codex/v1/responses", { token })).status).toBe(405);
  await endRunTokens(web.as(ADMIN), runId);
  expect((await ask(web, "codex", token)).status).toBe(401);
  expect(provider.seen).toEqual([]);
});

test("no error contains the key, and each says what to do", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  let status = 401;
  await using provider = await startProvider((res) => {
    res.writeHead(status, { "content-type": "application/json", "retry-after": "7" });
    res.end(JSON.stringify({ error: { message: `Incorrect API key provided: ${KEY}. Bearer ${KEY}` } }));
  });
  await using web = await startGateway(database, provider.url);
  const { token } = await modelToken(web, "codex");
  const expected: [number, number, string][] = [
    [401, 403, "forbidden"],
    [403, 403, "forbidden"],
    [429, 429, "rate-limited"],
    [400, 400, "invalid-input"],
    [500, 502, "backend-unavailable"],
    [503, 502, "backend-unavailable"],
    [302, 502, "backend-unavailable"],
  ];
  for (const [given, answered, reason] of expected) {
    status = given;
    const answer = await ask(web, "codex", token);
    expect([given, answer.status]).toEqual([given, answered]);
    expect(answer.body).toMatchObject({ error: { reason } });
    expect(JSON.stringify(answer.body)).not.toContain(KEY.slice(0, 12));
  }
  const unset = await modelToken(web, "deepseek");
  expect((await ask(web, "deepseek", unset.token, { model: "d" })).body).toMatchObject({
    error: { reason: "backend-unavailable", message: expect.stringContaining("AGENTRUN_TEST_ABSENT") },
  });
});

test("stores a provider's limit with its end and dispatches nothing to it until a request is accepted", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  let isLimited = true;
  await using provider = await startProvider((res) => {
    if (!isLimited) return streamCompleted(res);
    res.writeHead(429, { "content-type": "application/json", "retry-after": "5" });
    res.end(
      JSON.stringify({ error: { type: "usage_limit_reached", message: "You are out.", resets_in_seconds: 3_600 } }),
    );
  });
  await using web = await startGateway(database, provider.url);
  const { token } = await modelToken(web, "codex");

  const refused = await ask(web, "codex", token);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(3_500);
  await expect
    .poll(() => healthOf(web))
    .toMatchObject({
      ...{ status: "limited", message: expect.stringContaining("You are out.") },
    });
  const { downUntil } = (await healthOf(web)) ?? {};
  expect(Date.parse(String(downUntil)) - Date.now()).toBeGreaterThan(3_500_000);
  isLimited = false;
  expect((await ask(web, "codex", token)).status).toBe(200);
  await expect.poll(() => healthOf(web)).toEqual({ status: "registered" });
});

test.each([
  ["money", 402, { message: "Pay first." }, 240_000],
  ["a quota", 429, { code: "insufficient_quota", message: "Pay first." }, 240_000],
  ["too many requests", 429, { message: "Pay first." }, 30_000],
])("stores a limit over %s without an end for a default time, as guessed", async (...told) => {
  const [, status, error, leftMinMs] = told;
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider((res) => {
    res.writeHead(status, { "content-type": "application/json" });
    res.end(JSON.stringify({ error }));
  });
  await using web = await startGateway(database, provider.url, { triesMax: 1 });
  const { token } = await modelToken(web, "codex");
  expect((await ask(web, "codex", token)).status).toBe(429);
  const health = () => healthOf(web);
  const message = expect.stringContaining("Pay first.");
  await expect.poll(health).toMatchObject({ status: "limited", isGuessed: true, message });
  const leftMs = Date.parse(String((await health())?.downUntil)) - Date.now();
  expect(leftMs).toBeGreaterThan(leftMinMs);
  expect(leftMs).toBeLessThan(leftMinMs * 2);
});

test("stores a limit reported in a stream, and keeps it until the provider answers again", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  let events: object[] = [];
  await using provider = await startProvider((res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    for (const event of events) res.write(`data: ${JSON.stringify(event)}\n\n`);
    res.end();
  });
  await using web = await startGateway(database, provider.url);
  const { token } = await modelToken(web, "codex");
  const clear = vi.spyOn(web.wiring.providerLimits, "clear");
  const created = { type: "response.created", response: { error: null } };
  const failed = (error: object) => ({ type: "response.failed", response: { status: "failed", error } });
  const says = (...said: object[]) => {
    events = [created, ...said];
    return ask(web, "codex", token);
  };

  await says(failed({ code: "rate_limit_exceeded", message: "One.", resets_at: Date.now() / 1_000 + 3_600 }));
  await expect.poll(() => healthOf(web)).toMatchObject({ status: "limited", message: expect.stringContaining("One.") });
  const { downUntil, isGuessed } = (await healthOf(web)) ?? {};
  expect(Date.parse(String(downUntil)) - Date.now()).toBeGreaterThan(3_500_000);
  expect(isGuessed).toBe(false);
  await says({ type: "error", code: "insufficient_quota", message: "Two.", resets_in_seconds: 7_200 });
  await expect.poll(() => healthOf(web)).toMatchObject({ message: expect.stringContaining("Two.") });
  await says(failed({ code: "server_error", message: "Three." }));
  await says();
  expect(clear).not.toHaveBeenCalled();
  await says({ type: "response.output_text.delta", delta: "ha" });
  expect(clear).toHaveBeenCalledTimes(1);
  await expect.poll(() => healthOf(web)).toEqual({ status: "registered" });
});

test("closes the provider's connection when the agent disconnects", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider((res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write("data: {}\n\n");
  });
  await using web = await startGateway(database, provider.url);
  const { token } = await modelToken(web, "codex");
  const leave = new AbortController();
  const response = await fetch(`${web.url}/api/model/codex/v1/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "m1", input: [] }),
    signal: leave.signal,
  });
  expect(response.status).toBe(200);
  leave.abort();
  await expect.poll(() => provider.seen[0]?.isAborted).toBe(true);
});

test("the demo streams its answers from the same process", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const { token } = await modelToken(web, "demo");
  const body = {
    model: "demo",
    stream: true,
    input: [{ type: "message", role: "user", content: [{ type: "input_text", text: "hello" }] }],
  };
  const answer = await ask(web, "demo", token, body);
  expect(answer.status).toBe(200);
  expect(String(answer.body)).toMatch(/event: response\.created[\s\S]*event: response\.completed/);
  expect((await ask(web, "demo", token, { nonsense: true })).status).toBe(400);
});
