import type { ServerResponse } from "node:http";
import { expect, test, vi } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { ask, KEY, KEY_ENV, modelToken, startGateway, startProvider, streamCompleted } from "./test/gateway";

const REQUEST = JSON.stringify({ model: "m1", input: [] });

function refuse(res: ServerResponse, status: number, error: unknown = {}, headers: Record<string, string> = {}): void {
  res.writeHead(status, { "content-type": "application/json", ...headers });
  res.end(JSON.stringify({ error }));
}

test.each([
  ["is overloaded", (res: ServerResponse) => refuse(res, 503)],
  ["is overloaded by another name", (res: ServerResponse) => refuse(res, 529)],
  ["asks for a moment", (res: ServerResponse) => refuse(res, 429, {}, { "retry-after": "0" })],
  ["hangs up", (res: ServerResponse) => res.destroy()],
])("repeats a request to a provider that %s, and forwards one answer", async (_what, fail) => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  let refusals = 0;
  await using provider = await startProvider((res) => {
    refusals += 1;
    if (refusals < 3) fail(res);
    else streamCompleted(res);
  });
  await using web = await startGateway(database, provider.url);
  const { token } = await modelToken(web, "codex");

  const answer = await ask(web, "codex", token);

  expect(answer.status).toBe(200);
  expect(provider.seen).toHaveLength(3);
  expect(new Set(provider.seen.map(({ body }) => body)).size).toBe(1);
});

test.each([
  ["a request that it does not understand", 400, {}, {}],
  ["a pause that is too long to wait for here", 429, {}, { "retry-after": "30" }],
  ["a limit that lasts", 429, { type: "usage_limit_reached", message: "You are out." }, {}],
  ["money", 429, { code: "insufficient_quota", message: "Pay first." }, {}],
] as const)("passes a refusal over %s on at once, with the provider's error", async (_what, status, error, headers) => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider((res) => refuse(res, status, error, headers));
  await using web = await startGateway(database, provider.url);
  const { token } = await modelToken(web, "codex");

  const answer = await ask(web, "codex", token);

  expect(answer.status).toBe(status);
  expect(provider.seen).toHaveLength(1);
  const { message: _message, ...named } = error as { message?: string };
  expect(answer.body).toMatchObject({ error: { ...named, failureKind: expect.any(String) } });
});

test("gives up an unreachable provider after as many requests as its profile allows", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider((res) => refuse(res, 502, "no capacity left"));
  await using web = await startGateway(database, provider.url, { triesMax: 2 });
  const { token } = await modelToken(web, "codex");

  const answer = await ask(web, "codex", token);

  expect([answer.status, provider.seen.length]).toEqual([502, 2]);
  expect(answer.body).toMatchObject({ error: { message: expect.stringContaining("no capacity left") } });
});

test("repeats nothing once a provider has begun to answer: a cut is passed on", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider((res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write("data: {}\n\n", () => res.destroy());
  });
  await using web = await startGateway(database, provider.url);
  const { token } = await modelToken(web, "codex");

  await expect(ask(web, "codex", token)).rejects.toThrow();
  expect(provider.seen).toHaveLength(1);
});

test("gives up in time a provider that does not begin to answer or falls silent", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  let isBegun = false;
  await using provider = await startProvider((res) => {
    if (!isBegun) return;
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.write("data: {}\n\n");
  });
  await using web = await startGateway(database, provider.url, { answerTimeoutMs: 300, silenceTimeoutMs: 300 });
  const { token } = await modelToken(web, "codex");

  const late = await ask(web, "codex", token);
  expect(late.status).toBe(502);
  expect(late.body).toMatchObject({
    error: { message: expect.stringContaining("did not begin to answer within 1 s") },
  });
  // The provider may have been working all along: asking again would cost the same again.
  expect(provider.seen).toHaveLength(1);
  isBegun = true;
  await expect(ask(web, "codex", token)).rejects.toThrow();
  await expect.poll(() => provider.seen.map(({ isAborted }) => isAborted)).toEqual([true, true]);
});

test("sends no further request for an agent that has disconnected", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startProvider((res) => refuse(res, 429, {}, { "retry-after": "3" }));
  await using web = await startGateway(database, provider.url);
  const { token } = await modelToken(web, "codex");
  const leave = new AbortController();
  const asked = fetch(`${web.url}/api/model/codex/v1/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: REQUEST,
    signal: leave.signal,
  });
  await expect.poll(() => provider.seen.length).toBe(1);
  leave.abort();
  await expect(asked).rejects.toThrow();
  const metrics = async () => String((await web.call("GET", "/metrics")).body);
  await expect.poll(metrics).toContain('agentrun_model_requests_total{profile="any",outcome="abandoned"} 1');
  expect(provider.seen).toHaveLength(1);
});

test.each([
  ["responses", { type: "response.output_text.delta", delta: "x".repeat(64 * 1024) }],
  ["chat", { choices: [{ delta: { content: "x".repeat(64 * 1024) } }] }],
] as const)("a slow agent slows its provider down over %s, without buffering", async (wire, chunk) => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  let sentBytes = 0;
  let isHeld = false;
  const piece = `data: ${JSON.stringify(chunk)}\n\n`;
  await using provider = await startProvider(async (res) => {
    res.writeHead(200, { "content-type": "text/event-stream" });
    res.setMaxListeners(0);
    while (!res.destroyed && sentBytes < 200 * 1024 * 1024) {
      sentBytes += piece.length;
      if (res.write(piece)) continue;
      isHeld = true;
      await new Promise<void>((resolve) => {
        res.once("drain", resolve);
        res.once("close", resolve);
      });
      isHeld = false;
    }
  });
  await using web = await startGateway(database, provider.url, { wire });
  const { token } = await modelToken(web, "codex");
  const leave = new AbortController();
  const response = await fetch(`${web.url}/api/model/codex/v1/responses`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ model: "m1", input: [], stream: true }),
    signal: leave.signal,
  });
  // Nobody reads: the provider is held up once the buffers in between are full.
  let before = -1;
  await expect
    .poll(
      () => {
        const isStill = isHeld && sentBytes === before;
        before = sentBytes;
        return isStill;
      },
      { interval: 200, timeout: 20_000 },
    )
    .toBe(true);
  expect(sentBytes).toBeLessThan(32 * 1024 * 1024);
  expect(response.status).toBe(200);
  leave.abort();
});
