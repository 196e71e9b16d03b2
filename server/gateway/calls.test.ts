import { expect, test, vi } from "vitest";
import type { ListCallsInput, ModelCall } from "@/contract/usage";
import { createTestDatabase } from "@/db/test/database";
import { makeSession } from "@/db/test/factories";
import { ADMIN } from "@/server/test/context";
import { startTestWeb, type TestWeb } from "@/server/test/web";
import { listCalls, usageOfRun, verifyUsage } from "@/server/usage";
import { delta, sendChunks } from "./chat/test/provider";
import { ask, KEY, KEY_ENV, modelToken, startGateway, startProvider, streamCompleted } from "./test/gateway";

const PRICES = {
  ...{ currency: "USD", inputPerMillion: 2, cachedInputPerMillion: 0.5 },
  outputPerMillion: 10,
};
const SAID_NOTHING = { inputTokens: null, cachedInputTokens: null, outputTokens: null, reasoningTokens: null };

/** Returns the stored calls once there are as many as given, the oldest first. */
async function calls(web: TestWeb, count: number, input: Partial<ListCallsInput> = {}): Promise<ModelCall[]> {
  const read = async () => (await listCalls(web.as(ADMIN), { limit: 200, ...input })).items.toReversed();
  await expect.poll(async () => (await read()).length).toBe(count);
  return read();
}

test("stores a call with its owner, times, tokens and cost", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider(streamCompleted);
  await using web = await startGateway(database, provider.url, { prices: PRICES });
  const { sessionId } = await makeSession(web.wiring.database.db);
  const { token, runId } = await modelToken(web, "codex", { sessionId, taskId: "qt_of_a_test", projectId: "p" });
  const before = Date.now();
  await ask(web, "codex", token);
  const [call] = await calls(web, 1);
  expect(call).toMatchObject({
    ...{ tenantId: "default", projectId: "p", runId, sessionId, taskId: "qt_of_a_test" },
    ...{ backendProfile: "codex", model: "m1", outcome: "ok", failureKind: null, reason: null, httpStatus: 200 },
    ...{ inputTokens: 7, cachedInputTokens: 2, outputTokens: 3, reasoningTokens: 1 },
    // 5 tokens at 2, 2 at 0.5 and 3 at 10 millionths.
    ...{ costMicros: 41, currency: "USD" },
  });
  expect(call?.firstByteMs).toBeLessThanOrEqual(call?.durationMs ?? -1);
  expect(Date.parse(call?.startedAt ?? "")).toBeGreaterThanOrEqual(before);
  const metrics = String((await web.call("GET", "/metrics")).body);
  expect(metrics).toContain('agentrun_model_tokens_total{profile="codex",direction="reasoning"} 1');
  expect(metrics).toContain('agentrun_model_calls_total{profile="codex",outcome="ok"} 1');
  expect(metrics).toContain('agentrun_model_cost_micros_total{profile="codex",currency="USD"} 41');
  expect(metrics).toContain('agentrun_model_first_byte_seconds_count{profile="codex"} 1');
});

test("counts an answer that is no stream, and prices another model only by its own price", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider((res, seen) => {
    const usage = JSON.parse(seen.body).model === "silent" ? {} : { usage: { input_tokens: 1_000, output_tokens: 10 } };
    res.writeHead(200, { "content-type": "application/json" });
    res.end(JSON.stringify({ id: "r", status: "completed", ...usage }));
  });
  const modelPrices = { m2: { ...PRICES, currency: "EUR", outputPerMillion: 0.05 } };
  await using web = await startGateway(database, provider.url, {
    ...{ prices: PRICES, modelPrices, models: ["m2", "m3", "silent"] },
  });
  const { token, runId } = await modelToken(web, "codex");
  for (const model of ["m1", "m2", "m3", "silent"]) await ask(web, "codex", token, { input: [], model });
  const told = (await calls(web, 4)).map(({ model, inputTokens, cachedInputTokens, costMicros, currency }) => [
    ...[model, inputTokens, cachedInputTokens, costMicros, currency],
  ]);
  expect(told).toEqual([
    ["m1", 1_000, null, 2_100, "USD"],
    // Half a millionth is rounded up.
    ["m2", 1_000, null, 2_001, "EUR"],
    ["m3", 1_000, null, null, null],
    ["silent", null, null, null, null],
  ]);
  const { total, models } = await usageOfRun(web.as(ADMIN), { runId });
  expect(total).toMatchObject({
    ...{ calls: 4, ok: 4, inputTokens: 3_000, cachedInputTokens: 0, outputTokens: 30 },
    ...{ uncountedCalls: 1, unpricedCalls: 1 },
    costs: [
      { currency: "EUR", costMicros: 2_001 },
      { currency: "USD", costMicros: 2_100 },
    ],
  });
  expect(models.map(({ model }) => model)).toEqual(["m1", "m2", "m3", "silent"]);
});

test("stores refused, unreachable, cut and failed calls with their outcome", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  const answers: ((res: Parameters<typeof streamCompleted>[0]) => void)[] = [
    (res) => res.writeHead(429, { "retry-after": "1" }).end("{}"),
    (res) => res.writeHead(401).end("{}"),
    (res) => res.writeHead(400).end("{}"),
    // It ends properly, but without the event that ends an answer.
    (res) => res.writeHead(200, { "content-type": "text/event-stream" }).end("data: {}\n\n"),
    // It breaks off.
    (res) => res.writeHead(200, { "content-type": "text/event-stream" }).write("data: {}\n\n", () => res.destroy()),
    (res) => {
      const response = { status: "failed", usage: { input_tokens: 5, output_tokens: 0 } };
      res.writeHead(200, { "content-type": "text/event-stream" });
      res.end(`data: ${JSON.stringify({ type: "response.failed", response })}\n\n`);
    },
    (res) => res.writeHead(200, { "content-type": "application/json" }).end('{"id": "r", "usage": {"inp'),
  ];
  let next = 0;
  await using provider = await startProvider((res) => answers[next++]?.(res));
  await using web = await startGateway(database, provider.url, { prices: PRICES, triesMax: 1 });
  const { token, runId } = await modelToken(web, "codex");
  for (const _ of answers) await ask(web, "codex", token).catch(() => null);
  const unset = await modelToken(web, "deepseek");
  await ask(web, "deepseek", unset.token, { model: "d" });
  const stored = await calls(web, answers.length + 1);
  expect(
    stored.map(({ outcome, failureKind, reason, httpStatus }) => [outcome, failureKind, reason, httpStatus]),
  ).toEqual([
    ["refused", "rate-limited", "rate-limited", 429],
    ["refused", "forbidden", "forbidden", 403],
    ["refused", "backend-failed", "invalid-input", 400],
    ["failed", "backend-failed", "answer-cut", 200],
    ["failed", "backend-failed", "answer-cut", 200],
    ["failed", "backend-failed", "model-failed", 200],
    ["failed", "backend-failed", "answer-cut", 200],
    ["failed", "backend-failed", "backend-unavailable", 502],
  ]);
  expect(stored[0]).toMatchObject({ ...SAID_NOTHING, firstByteMs: null, costMicros: null, currency: null });
  expect(stored[3]).toMatchObject({ ...SAID_NOTHING, firstByteMs: expect.any(Number) });
  expect(stored[5]).toMatchObject({ inputTokens: 5, outputTokens: 0, costMicros: 10 });
  const { total } = await usageOfRun(web.as(ADMIN), { runId });
  expect(total).toMatchObject({ calls: 7, ok: 0, refused: 3, failed: 4, uncountedCalls: 3, inputTokens: 5 });
});

test("repeated requests to an overloaded provider are one call with the final outcome", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider((res) => {
    if (provider.seen.length > 1) streamCompleted(res);
    else res.writeHead(503).end();
  });
  await using web = await startGateway(database, provider.url);
  const { token } = await modelToken(web, "codex");
  await ask(web, "codex", token);
  expect(await calls(web, 1)).toMatchObject([{ outcome: "ok", httpStatus: 200, inputTokens: 7 }]);
  expect(provider.seen).toHaveLength(2);
});

/**
 * Plays an agent that asks, and leaves once it has received the given text or, for null, once its provider was asked.
 */
async function askAndLeave(
  web: TestWeb,
  token: string,
  asking: { profile: string; body: object; heard: string | null },
) {
  const leave = new AbortController();
  const asked = fetch(`${web.url}/api/model/${asking.profile}/v1/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(asking.body),
    signal: leave.signal,
  });
  return {
    async heard() {
      const reader = (await asked).body?.pipeThrough(new TextDecoderStream()).getReader();
      for (let said = ""; asking.heard !== null && !said.includes(asking.heard); ) {
        const { value, done } = (await reader?.read()) ?? { value: "", done: true };
        if (done) throw new Error(`it ended before ${asking.heard} was heard`);
        said += value;
      }
    },
    async leave() {
      leave.abort();
      await asked.catch(() => null);
    },
  };
}

const USED = { usage: { input_tokens: 9, output_tokens: 1 } };
test.each([
  [
    "responses",
    [{ type: "response.output_text.delta", delta: "ha" }],
    [{ type: "response.completed", response: USED }],
    "data: ",
  ],
  [
    "chat",
    [delta({ content: "ha" })],
    [delta({ content: "ha" }, "stop"), { choices: [], usage: { prompt_tokens: 9, completion_tokens: 1 } }, "[DONE]"],
    "output_text.delta",
  ],
] as const)(
  "stores a call whose agent disconnects: before its answer, midway, and after its end (%s)",
  async (wire, middle, whole, begun) => {
    vi.stubEnv(KEY_ENV, KEY);
    await using database = await createTestDatabase();
    const answers = [null, middle, whole];
    let next = 0;
    await using provider = await startProvider((res) => {
      const chunks = answers[next++];
      if (chunks) sendChunks(res, [...chunks]);
    });
    await using web = await startGateway(database, provider.url, { wire });
    const { token } = await modelToken(web, "codex");
    for (const [index, heard] of [null, begun, "response.completed"].entries()) {
      const body = { model: "m1", input: [], stream: true };
      const agent = await askAndLeave(web, token, { profile: "codex", body, heard });
      if (heard === null) await expect.poll(() => provider.seen.length).toBe(1);
      else await agent.heard();
      await agent.leave();
      await calls(web, index + 1);
    }
    const told = (await calls(web, 3)).map((call) => [call.outcome, call.reason, call.httpStatus, call.inputTokens]);
    expect(told).toEqual([
      ["aborted", "agent-gone", null, null],
      ["aborted", "agent-gone", 200, null],
      ["ok", null, 200, 9],
    ]);
    const metrics = async () => String((await web.call("GET", "/metrics")).body);
    // An answer that was complete when its agent left may count as answered.
    await expect.poll(metrics).toMatch(/agentrun_model_requests_total\{profile="any",outcome="abandoned"\} [23]$/m);
  },
);

test("stores a demo call that its agent leaves midway as left", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const { token } = await modelToken(web, "demo");
  const input = [{ type: "message", role: "user", content: [{ type: "input_text", text: "many slow steps" }] }];
  const body = { model: "demo", stream: true, input };
  const agent = await askAndLeave(web, token, { profile: "demo", body, heard: ".delta" });
  await agent.heard();
  await agent.leave();
  expect(await calls(web, 1)).toMatchObject([{ outcome: "aborted", reason: "agent-gone", httpStatus: 200 }]);
  const metrics = async () => String((await web.call("GET", "/metrics")).body);
  await expect.poll(metrics).toContain('agentrun_model_requests_total{profile="any",outcome="abandoned"} 1');
});

test("does not count requests with another profile's token, model lists or unauthenticated requests", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider(streamCompleted);
  await using web = await startGateway(database, provider.url);
  const { token } = await modelToken(web, "codex");
  await ask(web, "deepseek", token);
  await ask(web, "codex", "arm_wrong");
  await web.call("GET", "/api/model/codex/v1/models", { token });
  await web.call("POST", "/api/model/codex/v1/files", { token, body: {} });
  await ask(web, "codex", token);
  expect(await calls(web, 1)).toMatchObject([{ outcome: "ok" }]);
});

test("counts demo calls without cost, and refused demo requests as calls", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const { token } = await modelToken(web, "demo");
  const input = [{ type: "message", role: "user", content: [{ type: "input_text", text: "hello" }] }];
  await ask(web, "demo", token, { model: "demo", stream: true, input });
  await ask(web, "demo", token, { nonsense: true });
  expect(await calls(web, 2)).toMatchObject([
    { model: "demo", outcome: "ok", inputTokens: expect.any(Number), costMicros: null, currency: null },
    { model: "demo", outcome: "refused", reason: "invalid-input", httpStatus: 400, inputTokens: null },
  ]);
});

test("calls of many agents on one run through two processes add up exactly", {
  timeout: 60_000,
}, async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider(streamCompleted);
  await using first = await startGateway(database, provider.url, { prices: PRICES });
  await using second = await startGateway(database, provider.url, { prices: PRICES });
  const { token, runId } = await modelToken(first, "codex");
  const agents = Array.from({ length: 16 }, async (_, agent) => {
    for (let call = 0; call < 15; call += 1) await ask(agent % 2 ? first : second, "codex", token);
  });
  await Promise.all(agents);
  const read = () => usageOfRun(first.as(ADMIN), { runId });
  await expect.poll(async () => (await read()).total.calls).toBe(240);
  expect((await read()).total).toMatchObject({
    ...{ ok: 240, inputTokens: 240 * 7, cachedInputTokens: 240 * 2, outputTokens: 240 * 3, reasoningTokens: 240 },
    costs: [{ currency: "USD", costMicros: 240 * 41 }],
  });
  expect(await verifyUsage(first.as(ADMIN))).toMatchObject({ isEqual: true, calls: 240 });
});

test("marks a session's reached budget without a further call, so that people are notified", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider(streamCompleted);
  await using web = await startGateway(database, provider.url, { prices: PRICES });
  const body = { name: "b", period: "session", unit: "tokens", limit: 10 };
  const budget = (await web.call("POST", "/api/v1/budgets", { body })).body as { id: string };
  const { sessionId } = await makeSession(web.wiring.database.db);
  const { token } = await modelToken(web, "codex", { sessionId });
  await ask(web, "codex", token);
  const reached = async () => {
    const { body } = await web.call("GET", `/api/v1/budgets/${budget.id}/periods`);
    return (body as { items: { key: string; reachedAt: string | null }[] }).items.map(({ key, reachedAt }) => [
      key,
      reachedAt !== null,
    ]);
  };
  await expect.poll(reached).toEqual([[sessionId, true]]);
});
