import type { ServerResponse } from "node:http";
import { expect, test, vi } from "vitest";
import type { ChatPreset } from "@/contract/backend";
import { openCodexPlace } from "@/server/gateway/test/codex-place";
import { KEY, KEY_ENV } from "@/server/gateway/test/gateway";
import { runnerBundle } from "@/server/test/runner-bundle";
import { chatBackends } from "./test/gateway";
import { type Asked, delta, type Said, sendChunks, sendJson, startChatProvider, streamAnswer } from "./test/provider";

const bundle = runnerBundle();
const LONG = Array.from({ length: 2_000 }, (_one, index) => `line ${index} of a long answer`).join("\n");

/** Plays the model: it runs what it is told to run, then reports the result. */
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

/** Opens a real runner with a real codex, whose model is asked by chat completions. */
async function openPlace(profile: string, preset: ChatPreset, first: (res: ServerResponse, asked: Asked) => boolean) {
  vi.stubEnv(KEY_ENV, KEY);
  const provider = await startChatProvider(preset, (res, asked) => {
    if (!first(res, asked)) streamAnswer(res, preset, answerTo(asked));
  });
  const file = await chatBackends(profile, provider.url, preset === "mistral" ? { preset } : {});
  const opened = await openCodexPlace(bundle(), profile, file);
  return {
    ...opened,
    provider,
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await provider[Symbol.asyncDispose]();
    },
  };
}

/** Expects each request to begin with the whole of the previous one, as providers' caches need it. */
function expectGrowing(asked: Asked[]) {
  for (const [index, { messages }] of asked.entries()) {
    const before = asked[index - 1]?.messages ?? [];
    // A person's next message may have been joined to the last one.
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
  "a conversation of %s with the preset %s survives tool calls, an image, a steer, a kill and a resume",
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

const FORM = { type: "object", properties: { n: { type: "integer" } }, required: ["n"], additionalProperties: false };

test.each([
  ...PRESETS.map(([profile, preset]) => [profile, preset, false] as const),
  ["codex", "openai-chat", true] as const,
])(
  "asks %s for a turn's schema with the preset %s, and in the prompt where it is refused (%s)",
  async (profile, preset, isRefused) => {
    const fence = "`".repeat(3);
    let refused = 0;
    await using opened = await openPlace(profile, preset, (res, { response_format, messages }) => {
      if (isRefused && response_format !== undefined) {
        refused += 1;
        sendJson(res, { error: { message: "Unrecognized request argument supplied: response_format" } }, 400);
        return true;
      }
      const isInWords = JSON.stringify(messages).includes("Your final answer is JSON alone");
      const text = isInWords ? `${fence}json\n{"n":3}\n${fence}` : '{"n":3}';
      streamAnswer(res, preset, { text: response_format === undefined && !isInWords ? "hello" : text });
      return true;
    });
    const first = await opened.start("hello", 60_000);
    await expect.poll(first.state, { timeout: 30_000 }).toBe("completed");
    const formed = await first.order("turn", { text: "how many?", outputSchema: FORM });
    await expect.poll(() => first.state(formed), { timeout: 30_000 }).toBe("completed");
    expect((await first.turn(formed)).output).toEqual({ n: 3 });
    expect(opened.provider.refused).toEqual([]);
    expect(refused).toBe(isRefused ? 1 : 0);
    const { response_format, messages } = opened.provider.asked.at(-1);
    const named = { type: "json_schema", json_schema: { name: "codex_output_schema", schema: FORM, strict: true } };
    if (preset === "minimax" || isRefused) expect(response_format).toBeUndefined();
    else expect(response_format).toEqual(preset === "deepseek" ? { type: "json_object" } : named);
    expect(JSON.stringify(messages).includes("additionalProperties")).toBe(response_format?.type !== "json_schema");
  },
  60_000,
);

type Failing = [what: string, answer: (res: ServerResponse) => unknown, message: RegExp];
const FAILING: Failing[] = [
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
];

test("a turn that meets an unsupported feature, a limit or the maximum length fails with that reason", async () => {
  let answer: Failing[1] = () => undefined;
  await using opened = await openPlace("minimax-m3", "minimax", (res) => {
    answer(res);
    return true;
  });
  [[, answer]] = FAILING as [Failing];
  const attempt = await opened.start("hello", 60_000);
  for (const [index, [what, next, message]] of FAILING.entries()) {
    answer = next;
    const turn = index === 0 ? attempt.turnId : await attempt.order("turn", { text: "hello" });
    await expect.poll(() => attempt.state(turn), { message: what, timeout: 30_000 }).toBe("failed");
    expect((await attempt.turn(turn)).failureMessage, what).toMatch(message);
  }
  expect(JSON.stringify(await attempt.events("error"))).not.toContain(KEY);
}, 120_000);
