import type { ServerResponse } from "node:http";
import { expect, test, vi } from "vitest";
import { BackendsFile, CHAT_PRESETS } from "@/contract/backend";
import { createTestDatabase } from "@/db/test/database";
import { listBackends } from "@/server/backends";
import { KEY, KEY_ENV } from "@/server/gateway/test/gateway";
import { ADMIN } from "@/server/test/context";
import { startChatGateway } from "./test/gateway";
import { delta, sendChunks, sendJson, startChatProvider, streamAnswer, USAGE } from "./test/provider";

const TOOLS = [
  { type: "function", name: "exec_command", strict: null, parameters: { type: "object" } },
  { type: "custom", name: "apply_patch" },
  { type: "web_search" },
];
/** A conversation with everything that a strict provider could refuse. */
const HARD = {
  tools: TOOLS,
  tool_choice: "auto",
  stream: true,
  input: [
    { type: "message", role: "developer", content: "be brief" },
    { type: "message", role: "developer", content: "be kind" },
    { type: "message", role: "user", content: "environment" },
    { type: "message", role: "user", content: [{ type: "input_image", image_url: "data:image/png;base64,AA" }] },
    { type: "function_call", call_id: "a", name: "exec_command", arguments: "{" },
    { type: "function_call", call_id: "b", name: "exec_command", arguments: "{}" },
    { type: "message", role: "user", content: "steer" },
    { type: "function_call_output", call_id: "a", output: "" },
    { type: "message", role: "developer", content: "be loud" },
  ],
};

test.each(CHAT_PRESETS)("the preset %s makes its provider accept a complex conversation", async (preset) => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startChatProvider(preset, (res) =>
    streamAnswer(res, preset, { thought: "hm", text: "done", calls: [{ name: "apply_patch", args: { input: "x" } }] }),
  );
  await using gateway = await startChatGateway(database, "codex", provider.url, { preset });

  const answer = await gateway.ask(HARD);
  const text = await answer.text();

  expect(provider.refused).toEqual([]);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toContain("text/event-stream");
  expect(text.match(/^event: response\.(created|completed|failed)$/gm)).toEqual([
    "event: response.created",
    "event: response.completed",
  ]);
  expect(text).toContain('"type":"custom_tool_call"');
  expect(provider.headers[0]?.authorization).toBe(`Bearer ${KEY}`);
  const metrics = await gateway.web.call("GET", "/metrics");
  expect(metrics.body).toContain('agentrun_model_tokens_total{profile="codex",direction="input"} 100');
  expect(metrics.body).toContain('agentrun_model_tokens_total{profile="codex",direction="output"} 20');
});

test("the strict provider refuses requests of other presets", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startChatProvider("minimax", (res) => streamAnswer(res, "minimax", { text: "done" }));
  await using gateway = await startChatGateway(database, "codex", provider.url, { preset: "deepseek" });
  const answer = await gateway.ask(HARD);
  expect([answer.status, provider.refused]).toEqual([400, ["invalid chat setting (2013)"]]);
  expect(await answer.json()).toMatchObject({
    error: { reason: "invalid-input", message: expect.stringMatching(/2013/) },
  });
});

test("a non-streaming request returns a whole answer, also from a provider that never streams", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  const message = { role: "assistant", content: "so", reasoning_content: "why" };
  await using provider = await startChatProvider("openai-chat", (res) =>
    sendJson(res, { choices: [{ index: 0, message, finish_reason: "stop" }], usage: USAGE }),
  );
  await using gateway = await startChatGateway(database, "codex", provider.url);
  const whole = await (await gateway.ask({})).json();
  expect(whole).toMatchObject({
    ...{ object: "response", status: "completed", usage: { input_tokens: 100, output_tokens: 20 } },
    output: [
      { type: "reasoning", summary: [{ text: "why" }] },
      { type: "message", content: [{ text: "so" }] },
    ],
  });
  expect(provider.asked[0]).not.toHaveProperty("stream");
  const streamed = await (await gateway.ask({ stream: true })).text();
  expect(streamed).toContain("event: response.output_text.delta");
  expect(streamed).toContain("event: response.completed");
});

test.each<[string, unknown, number, string]>([
  ["a limit", { base_resp: { status_code: 1002, status_msg: `slow, ${KEY}` } }, 429, "rate-limited"],
  ["a bad key", { error: { code: "invalid_api_key", message: KEY } }, 403, "forbidden"],
  ["a bad request", { base_resp: { status_code: 2013, status_msg: "invalid params" } }, 400, "invalid-input"],
  ["trouble", { error: { message: "oops" } }, 502, "backend-unavailable"],
  ["no answer at all", "<html>", 502, "backend-unavailable"],
])("%s with status 200 becomes an error status, without the key", async (_what, body, status, reason) => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startChatProvider("openai-chat", (res) => sendJson(res, body));
  await using gateway = await startChatGateway(database, "codex", provider.url);
  for (const stream of [true, false]) {
    const answer = await gateway.ask({ stream });
    const text = await answer.text();
    expect([answer.status, JSON.parse(text).error.reason]).toEqual([status, reason]);
    expect(text).not.toContain(KEY);
  }
});

test.each([
  ["is limiting requests", { base_resp: { status_code: 1002, status_msg: "slow down" } }],
  ["does not know what went wrong", { base_resp: { status_code: 1000, status_msg: "unknown error" } }],
])(
  "repeats a bounded number of requests to a provider that reports with status 200 that it %s",
  async (_what, body) => {
    vi.stubEnv(KEY_ENV, KEY);
    await using database = await createTestDatabase();
    let refusals = 2;
    await using provider = await startChatProvider("minimax", (res) => {
      refusals -= 1;
      if (refusals >= 0) sendJson(res, body);
      else streamAnswer(res, "minimax", { text: "done" });
    });
    await using gateway = await startChatGateway(database, "minimax-m3", provider.url);
    expect(await (await gateway.ask({ stream: true })).text()).toContain("response.completed");
    expect(provider.asked).toHaveLength(3);
    refusals = 9;
    expect((await gateway.ask({ stream: true })).status).toBeGreaterThanOrEqual(429);
    expect(provider.asked).toHaveLength(6);
  },
);

test("stores a limit reported with status 200, until its end or for a minute, or until a request is accepted", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  let answer = (_res: ServerResponse): unknown => undefined;
  await using provider = await startChatProvider("openai-chat", (res) => answer(res));
  await using gateway = await startChatGateway(database, "codex", provider.url);
  const { web } = gateway;
  const asked = async (next: typeof answer) => {
    answer = next;
    await (await gateway.ask({ stream: true })).text();
  };
  const healthOf = async () =>
    (await listBackends(web.as(ADMIN))).items.find(({ profile }) => profile === "codex")?.health;
  const leftMs = async () => Date.parse(String((await healthOf())?.downUntil)) - Date.now();
  const streamed = (chunks: unknown[]) => (res: ServerResponse) => {
    sendChunks(res, chunks);
    res.end();
  };
  const clear = vi.spyOn(web.wiring.providerLimits, "clear");

  await asked((res) => sendJson(res, { base_resp: { status_code: 1002, status_msg: "slow down" } }));
  await expect.poll(healthOf).toMatchObject({ status: "limited", message: expect.stringContaining("slow down") });
  expect(await leftMs()).toBeGreaterThan(30_000);
  expect(await leftMs()).toBeLessThanOrEqual(60_000);
  const error = { code: "insufficient_quota", message: "Pay first.", resets_in_seconds: 3_600 };
  await asked(streamed([{ error }]));
  await expect.poll(healthOf).toMatchObject({ message: expect.stringContaining("Pay first.") });
  expect(await leftMs()).toBeGreaterThan(3_500_000);
  // An answer that is neither accepted nor a limit says nothing about a limit.
  await asked((res) => sendJson(res, { error: { code: "invalid_api_key", message: "no" } }));
  await asked(streamed([{ error: { message: "oops" } }]));
  expect(clear).not.toHaveBeenCalled();
  await asked(streamed([delta({ content: "done" }, "stop"), "[DONE]"]));
  expect(clear).toHaveBeenCalledTimes(1);
  await expect.poll(healthOf).toEqual({ status: "registered" });
  await asked(streamed([delta({ content: "ha" }), { error: { ...error, message: "Now it is over." } }]));
  await expect.poll(healthOf).toMatchObject({ message: expect.stringContaining("Now it is over.") });
});

test("reports a conversation that is too long in codex's format, however the provider reports it", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  const message = "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens.";
  let answer = (res: ServerResponse) => sendJson(res, { error: { message } }, 400);
  await using provider = await startChatProvider("openai-chat", (res) => answer(res));
  await using gateway = await startChatGateway(database, "codex", provider.url);
  for (const next of [answer, (res: ServerResponse) => sendJson(res, { error: { message } })]) {
    answer = next;
    const told = await gateway.ask({ stream: true });
    expect([told.status, await told.text()]).toEqual([
      200,
      expect.stringContaining('"code":"context_length_exceeded"'),
    ]);
    expect((await gateway.ask({})).status).toBe(400);
  }
});

test.each<[string, (res: ServerResponse) => unknown, string]>([
  [
    "an error",
    (res) => sendChunks(res, [delta({ content: "ha" }), { error: { message: `no ${KEY}` } }]),
    "no [redacted]",
  ],
  ["an event of its own", (res) => res.end('event: error\ndata: {"message":"gone"}\n\n'), "gone"],
  [
    "a lost connection",
    (res) => setImmediate(() => res.destroy()),
    "the provider of profile codex broke its answer off",
  ],
  ["nothing more", (res) => res.end(), "the provider's stream ended before its answer did"],
  ["what is no JSON", (res) => res.end("data: {oops\n\n"), "the provider sent what is no answer of chat completions"],
])("a stream that ends with %s is a failed response", async (_how, end, message) => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startChatProvider("openai-chat", (res) => {
    sendChunks(res, [delta({ content: "half an ans" })]);
    end(res);
  });
  await using gateway = await startChatGateway(database, "codex", provider.url);
  const text = await (await gateway.ask({ stream: true })).text();
  const last = JSON.parse(text.trimEnd().split("\ndata: ").at(-1) ?? "");
  expect(last).toMatchObject({ type: "response.failed", response: { error: { code: "server_error", message } } });
  expect(text).not.toContain("response.completed");
  expect(text).not.toContain(KEY);
});

test("gives up a whole answer that does not end, and closes the provider's connection", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  let sentBytes = 0;
  await using provider = await startChatProvider("openai-chat", (res) => {
    res.writeHead(200, { "content-type": "application/json" });
    const piece = Buffer.alloc(256 * 1024, " ");
    const go = () => {
      while (sentBytes < 1024 ** 3 && !res.destroyed) {
        sentBytes += piece.length;
        if (!res.write(piece)) return res.once("drain", go);
      }
    };
    go();
  });
  await using gateway = await startChatGateway(database, "codex", provider.url);
  const answer = await gateway.ask({ stream: true });
  expect([answer.status, await answer.text()]).toEqual([502, expect.stringContaining("longer than 16 MB")]);
  await expect.poll(() => provider.left).toBe(1);
  expect(provider.asked).toHaveLength(1);
  expect(sentBytes).toBeLessThan(64 * 1024 * 1024);
});

test("closes the provider's connection when the agent disconnects", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  await using provider = await startChatProvider("openai-chat", (res) => sendChunks(res, [delta({ content: "ha" })]));
  await using gateway = await startChatGateway(database, "codex", provider.url);
  const leave = new AbortController();
  expect((await gateway.ask({ stream: true }, leave.signal)).status).toBe(200);
  leave.abort();
  await expect.poll(() => provider.left).toBe(1);
});

test("keeps the connection of a provider whose stream ends some time after its last event", async () => {
  vi.stubEnv(KEY_ENV, KEY);
  await using database = await createTestDatabase();
  const open: ServerResponse[] = [];
  const ports: (number | undefined)[] = [];
  await using provider = await startChatProvider("openai-chat", (res) => {
    open.push(res);
    ports.push(res.socket?.remotePort);
    sendChunks(res, [delta({ content: "done" }, "stop"), "[DONE]"]);
  });
  await using gateway = await startChatGateway(database, "codex", provider.url);
  const isKept = async () => {
    expect(await (await gateway.ask({ stream: true })).text()).toContain("response.completed");
    await new Promise<void>((resolve) => open.pop()?.end(resolve));
    return new Set(ports).size < ports.length;
  };
  await expect.poll(isKept).toBe(true);
  expect(provider.left).toBe(0);
});

test("accepts only known presets, and only with chat completions", () => {
  const base = { model: "m", baseUrl: "http://127.0.0.1/v1" };
  const read = (more: object) => BackendsFile.safeParse({ codex: { ...base, ...more } });
  expect(read({ wire: "chat", preset: "minimax" }).success).toBe(true);
  expect(read({ preset: "minimax" }).error?.issues[0]?.message).toContain('"wire": "chat"');
  expect(read({ wire: "chat", preset: "none" }).success).toBe(false);
});
