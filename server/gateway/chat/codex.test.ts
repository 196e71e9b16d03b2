import { rm } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import path from "node:path";
import { expect, test, vi } from "vitest";
import type { ChatPreset } from "@/contract/backend";
import { KEY, KEY_ENV } from "@/server/gateway/test/gateway";
import { runnerBundle } from "@/server/test/runner-bundle";
import { openRunnerPlace } from "@/server/test/runner-place";
import { chatBackends } from "./test/gateway";
import { type Asked, delta, type Said, sendChunks, sendJson, startChatProvider, streamAnswer } from "./test/provider";

const bundle = runnerBundle();
const LONG = Array.from({ length: 2_000 }, (_one, index) => `line ${index} of a long answer`).join("\n");

/** What the model says: it runs what it is told to, then says what came of it. */
function answerTo({ messages }: Asked): Said {
  const last = messages.at(-1);
  const shown = Array.isArray(last.content) && /^The images of/.test(last.content[0].text);
  if (shown) return { thought: "I see.", text: "A dot." };
  if (last.role === "tool") return { thought: "It ran.", text: `It said: ${last.content.trim().split("\n").at(-1)}` };
  const text =
    typeof last.content === "string" ? last.content : last.content.map((part: Asked) => part.text).join("\n");
  const [, image] = /VIEW `(.+?)`/.exec(text) ?? [];
  if (image) return { thought: "I look.", calls: [{ name: "view_image", args: { path: image } }] };
  const commands = [...text.matchAll(/RUN `(.+?)`/g)].map(([, cmd]) => ({ name: "exec_command", args: { cmd } }));
  if (commands.length > 0) return { thought: "I run it.\nThen I look.", text: "I run it.", calls: commands };
  if (text.includes("LONG")) return { thought: "It is long.", text: LONG };
  return { thought: "Easy.", text: `You said ${text.split("\n").at(-1)}` };
}

type Place = Awaited<ReturnType<typeof openRunnerPlace>>;

/** A real runner with a real codex, whose model is asked by chat completions. */
async function openPlace(profile: string, preset: ChatPreset, first: (res: ServerResponse, asked: Asked) => boolean) {
  vi.stubEnv(KEY_ENV, KEY);
  const provider = await startChatProvider(preset, (res, asked) => {
    if (!first(res, asked)) streamAnswer(res, preset, answerTo(asked));
  });
  const file = await chatBackends(profile, provider.url, preset === "mistral" ? { preset } : {});
  const place: Place = await openRunnerPlace(bundle(), { AGENTRUN_BACKENDS: file });
  const started: { terminate: () => void; ended: Promise<unknown> }[] = [];
  return {
    provider,
    place,
    async start(text: string, idleTimeoutMs = 50) {
      const executionPolicy = { approval: "never", sandbox: "danger-full-access", idleTimeoutMs };
      const attempt = await place.launch("ses_chat", text, { backendProfile: profile, executionPolicy });
      const running = attempt.start();
      started.push(running);
      const state = async (id = attempt.turnId) => (await place.ok("GET", `/commands/${id}`)).state;
      const order = async (type: string, payload: object) =>
        (await place.ok("POST", `/runs/${attempt.runId}/commands`, { type, payload })).id as string;
      const texts = async (type: string) => (await attempt.events(type)).map((payload) => String(payload.text));
      return { ...attempt, ...running, state, order, texts };
    },
    async [Symbol.asyncDispose]() {
      for (const { terminate } of started) terminate();
      await Promise.all(started.map(({ ended }) => ended));
      await place[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
      await rm(path.dirname(file), { recursive: true });
    },
  };
}

/** Whether each request begins with the whole of the one before, as providers' caches want it. */
function expectGrowing(asked: Asked[]) {
  for (const [index, { messages }] of asked.entries()) {
    const before = asked[index - 1]?.messages ?? [];
    // What a person says next may have been joined to the last message.
    const last = before.length - 1;
    expect(messages.slice(0, Math.max(0, last))).toEqual(before.slice(0, -1));
    expect(JSON.stringify(messages[last] ?? "").slice(0, -2)).toContain(
      JSON.stringify(before[last] ?? "").slice(0, -2),
    );
  }
}

const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const PRESETS = [
  ["minimax-m3", "minimax"],
  ["deepseek", "deepseek"],
  ["codex", "openai-chat"],
  ["codex", "mistral"],
] as const;

test.each(PRESETS)(
  "a conversation of %s by the preset %s goes through calls, an image, a steer, a kill and a resume",
  async (profile, preset) => {
    let isHeld = false;
    await using opened = await openPlace(profile, preset, (res, { messages }) => {
      isHeld = String(messages.at(-1).content).endsWith("WAIT");
      if (isHeld) sendChunks(res, [delta({ content: "I wait" })]);
      return isHeld;
    });
    const { provider } = opened;
    const first = await opened.start("RUN `echo one` RUN `echo two`", 60_000);
    await expect.poll(first.state, { timeout: 30_000 }).toBe("completed");
    expect(await first.texts("assistant_message")).toEqual(["I run it.", "It said: two"]);
    expect(await first.texts("reasoning")).toEqual([
      expect.stringContaining("I run it.\nThen I look."),
      expect.stringContaining("It ran."),
    ]);
    expect((await first.texts("command_output")).sort()).toEqual(["one\n", "two\n"]);
    expect(await first.events("token_usage")).toContainEqual(
      expect.objectContaining({ inputTokens: 200, reasoningTokens: 10 }),
    );

    const seen = await first.order("turn", { text: `RUN \`echo ${PNG} | base64 -d > dot.png\`` });
    await expect.poll(() => first.state(seen)).toBe("completed");
    const view = await first.order("turn", { text: "VIEW `dot.png`" });
    await expect.poll(() => first.state(view)).toBe("completed");
    const image = { type: "image_url", image_url: expect.objectContaining({ url: expect.stringContaining(PNG) }) };
    const shown = provider.asked.at(-1).messages.at(-1);
    if (preset === "deepseek") expect(shown.content).toContain("an image was left out");
    else expect(shown.content).toEqual([{ type: "text", text: expect.stringContaining("view_image") }, image]);

    const long = await first.order("turn", { text: "LONG" });
    await expect.poll(() => first.state(long)).toBe("completed");
    expect((await first.texts("assistant_message")).at(-1)).toBe(LONG);

    const steered = await first.order("turn", { text: "RUN `sleep 2; echo three`" });
    await expect.poll(async () => (await first.events("command_execution")).length).toBe(7);
    await first.order("steer", { text: "and mind the gap" });
    await expect.poll(() => first.state(steered)).toBe("completed");
    expect((await first.texts("assistant_message")).at(-1)).toContain("and mind the gap");

    const cutOff = await first.order("turn", { text: "WAIT" });
    await expect.poll(() => isHeld).toBe(true);
    await expect.poll(() => first.state(cutOff)).toBe("acknowledged");
    first.kill();
    await first.ended;
    await expect.poll(() => provider.left).toBe(1);
    await first.gone();

    const second = await opened.start("what was it all?");
    await expect.poll(second.state, { timeout: 30_000 }).toBe("completed");
    expect(await second.events("backend_status")).toContainEqual(expect.objectContaining({ phase: "thread-resumed" }));
    expect(provider.refused).toEqual([]);
    expectGrowing(provider.asked);
    const { messages } = provider.asked.at(-1);
    const [call] = messages.filter((message: Asked) => message.tool_calls?.length === 2);
    const told = { role: "assistant", tool_calls: [{ id: expect.any(String) }, { id: expect.any(String) }] };
    expect(call).toMatchObject(
      preset === "deepseek"
        ? { ...told, content: "I run it.", reasoning_content: "I run it.\nThen I look." }
        : { ...told, content: "<think>\nI run it.\nThen I look.\n</think>\n\nI run it." },
    );
    expect(JSON.stringify(messages)).toContain("and mind the gap");
  },
  120_000,
);

test.each<[string, (res: ServerResponse) => unknown]>([
  ["an error in the middle", (res) => res.end(`data: ${JSON.stringify({ error: { message: "lost my thread" } })}\n\n`)],
  ["a cut connection", (res) => setImmediate(() => res.destroy())],
])(
  "codex asks again after %s, and the turn completes with nothing of the half answer",
  async (_what, end) => {
    let failures = 0;
    await using opened = await openPlace("minimax-m3", "minimax", (res) => {
      if (failures === 2) return false;
      failures += 1;
      sendChunks(res, [delta({ content: "half an ans" })]);
      end(res);
      return true;
    });
    const attempt = await opened.start("hello");
    await expect.poll(attempt.state, { timeout: 30_000 }).toBe("completed");
    expect(await attempt.texts("assistant_message")).toEqual(["You said hello"]);
    expect(opened.provider.asked).toHaveLength(3);
    await attempt.ended;
  },
  60_000,
);

test.each<[string, (res: ServerResponse) => unknown, RegExp]>([
  [
    "what the provider cannot do",
    (res) => sendJson(res, { error: { message: "no such model" } }, 400),
    /no such model/,
  ],
  [
    "a limit",
    (res) => sendJson(res, { error: { type: "usage_limit_reached", message: "You are out." } }, 429),
    /limit|429/i,
  ],
  [
    "the length of an answer",
    (res) => streamAnswer(res, "minimax", { text: "on and", finish: "length" }),
    /max_output_tokens/,
  ],
  [
    "the length of the conversation",
    (res) => sendJson(res, { error: { message: "maximum context length is 9 tokens" } }, 400),
    /context window/,
  ],
])(
  "a turn that meets %s fails and says so",
  async (_what, answer, message) => {
    await using opened = await openPlace("minimax-m3", "minimax", (res) => {
      answer(res);
      return true;
    });
    const attempt = await opened.start("hello");
    await expect.poll(attempt.state, { timeout: 30_000 }).toBe("failed");
    expect(await opened.place.ok("GET", `/commands/${attempt.turnId}`)).toMatchObject({
      failureMessage: expect.stringMatching(message),
    });
    expect(JSON.stringify(await attempt.events("error"))).not.toContain(KEY);
    await attempt.ended;
  },
  60_000,
);
