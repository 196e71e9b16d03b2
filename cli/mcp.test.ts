import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { ADMIN_TOKEN, startTestWeb, type TestWeb } from "@/server/test/web";
import { EXIT } from "./failure";
import { styler } from "./io";
import { runProgram } from "./program";

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

type Answer = { id: unknown; result?: Record<string, unknown>; error?: { code: number; message: string } };

/** Starts `agentrun mcp` the way a client does: it writes lines and reads lines. */
function startBridge({ url = web.url, token = ADMIN_TOKEN }: { url?: string; token?: string } = {}) {
  const input = new PassThrough();
  const answers: Answer[] = [];
  const notes: string[] = [];
  const ended = runProgram(["mcp"], {
    env: { AGENTRUN_URL: url, AGENTRUN_TOKEN: token },
    version: "1.2.3",
    out: (line) => {
      expect(line).not.toContain("\n");
      answers.push(JSON.parse(line) as Answer);
    },
    note: (line) => void notes.push(line),
    bytes: async () => undefined,
    lines: () => createInterface({ input }),
    ...{ ask: null, columns: null, style: styler(false), onInterrupt: () => undefined },
    signal: new AbortController().signal,
    self: ["agentrun"],
  });
  return {
    ...{ answers, notes, ended },
    say: (message: unknown) =>
      void input.write(
        `${typeof message === "string" ? message : JSON.stringify({ jsonrpc: "2.0", ...(message as object) })}\n`,
      ),
    async answerTo(id: unknown): Promise<Answer> {
      await expect.poll(() => answers.some((answer) => answer.id === id), { timeout: 5_000 }).toBe(true);
      return answers.find((answer) => answer.id === id) as Answer;
    },
    end: () => {
      input.end();
      return ended;
    },
  };
}

const client = { capabilities: {}, clientInfo: { name: "test", version: "1" } };
const callOf = (id: number, name: string, args: object = {}) => ({
  ...{ id, method: "tools/call", params: { name, arguments: args } },
});

test("a client over stdio initializes, lists and calls tools, and the program ends with its input", async () => {
  const bridge = startBridge();
  bridge.say({ id: 0, method: "initialize", params: { protocolVersion: "2025-06-18", ...client } });
  expect(await bridge.answerTo(0)).toMatchObject({
    result: { protocolVersion: "2025-06-18", serverInfo: { name: "agentrun" } },
  });
  bridge.say({ method: "notifications/initialized" });
  bridge.say({ id: 1, method: "tools/list" });
  expect((await bridge.answerTo(1)).result?.tools).toHaveLength(25);
  bridge.say("");
  bridge.say(callOf(2, "open_link", { id: "run_1" }));
  // Requests sent before the input ended are answered.
  expect(await bridge.end()).toBe(EXIT.ok);
  expect(bridge.answers.at(-1)).toMatchObject({ id: 2, result: { structuredContent: { url: expect.any(String) } } });
  expect([bridge.answers.length, bridge.notes]).toEqual([3, []]);
});

test("accepts a client without a handshake", async () => {
  const bridge = startBridge();
  const _meta = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": client.clientInfo,
    "io.modelcontextprotocol/clientCapabilities": {},
  };
  bridge.say({ id: 1, method: "server/discover", params: { _meta } });
  expect((await bridge.answerTo(1)).result?.supportedVersions).toContain("2026-07-28");
  const { params, ...call } = callOf(2, "open_link", { id: "run_1" });
  bridge.say({ ...call, params: { ...params, _meta } });
  expect((await bridge.answerTo(2)).result?.structuredContent).toMatchObject({ url: expect.any(String) });
  await bridge.end();
});

test("runs requests concurrently, and does not answer a cancelled one", async () => {
  const body = { title: "waits", backendProfile: "codex", payload: { text: "go" } };
  const { body: task } = await web.call("POST", "/api/v1/queue/tasks", { body });
  const taskId = (task as { id: string }).id;
  const bridge = startBridge();
  bridge.say(callOf(1, "wait_for_task", { taskId, seconds: 50 }));
  bridge.say(callOf(2, "wait_for_task", { taskId, seconds: 50 }));
  bridge.say(callOf(3, "get_task", { taskId }));
  await bridge.answerTo(3);
  expect(bridge.answers).toHaveLength(1);
  bridge.say({ method: "notifications/cancelled", params: { requestId: 1 } });
  bridge.say(callOf(4, "cancel_task", { taskId }));
  expect((await bridge.answerTo(2)).result?.structuredContent).toMatchObject({ state: "cancelled", isOver: true });
  await bridge.end();
  expect(bridge.answers.map(({ id }) => id).sort()).toEqual([2, 3, 4]);
});

test("answers malformed messages, refusals and an unreachable server with errors, and continues", async () => {
  const bridge = startBridge();
  bridge.say("{");
  expect((await bridge.answerTo(null)).error?.code).toBe(-32_700);
  bridge.say("[]");
  bridge.say("null");
  await expect.poll(() => bridge.answers.map(({ error }) => error?.code)).toEqual([-32_700, -32_600, -32_600]);
  bridge.say(callOf(1, "no_such_tool"));
  expect((await bridge.answerTo(1)).error?.code).toBe(-32_602);
  await bridge.end();

  const token = "ara_of_nobody_at_all";
  const stranger = startBridge({ token });
  stranger.say(callOf(1, "what_needs_me"));
  stranger.say({ method: "notifications/initialized" });
  const { error } = await stranger.answerTo(1);
  expect([error?.code, error?.message]).toEqual([
    -32_000,
    expect.stringMatching(/unauthenticated.*set AGENTRUN_TOKEN/),
  ]);
  await stranger.end();
  expect(stranger.answers).toHaveLength(1);
  expect(stranger.notes.length).toBeGreaterThan(0);
  expect(JSON.stringify([stranger.notes, stranger.answers])).not.toContain(token);

  const lost = startBridge({ url: "http://127.0.0.1:1" });
  lost.say(callOf(1, "what_needs_me"));
  expect((await lost.answerTo(1)).error?.message).toContain("cannot be reached");
  expect(await lost.end()).toBe(EXIT.ok);
});
