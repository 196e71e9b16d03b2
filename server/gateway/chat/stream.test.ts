import fc from "fast-check";
import { expect, test } from "vitest";
import { CHAT_PRESETS, type ChatPreset } from "@/contract/backend";
import { AnswerEvents } from "./answer-events";
import type { ChatMessage } from "./chat";
import { Chunk, isTextChunk } from "./chunk";
import { chunksOf } from "./chunks";
import type { ResponseEvent } from "./output";
import { eventsOf, normal, responseOf } from "./test/conversation";
import { chunksOfAnswer, delta, type Said, sse } from "./test/provider";
import { translate } from "./test/translate";
import { chatName } from "./tools";

const words = fc
  .array(fc.constantFrom("why", " ", "\n", "é", "🙂", "<think>", "</", "<", '"', "{}", "data: x", "\r\n"), {
    maxLength: 8,
  })
  .map((parts) => parts.join(""));
const thought = words.filter((text) => text.trim() !== "");
const args = fc.dictionary(fc.constantFrom("cmd", "a b", "é"), fc.oneof(words, fc.integer(), fc.boolean()), {
  maxKeys: 3,
});
const call = fc.record({ name: fc.constantFrom("exec_command", "apply_patch", "db__query"), args });
const said: fc.Arbitrary<Said> = fc.record({
  thought: fc.option(thought, { nil: undefined }),
  text: words,
  calls: fc.array(call, { maxLength: 3 }),
});
const preset = fc.constantFrom(...CHAT_PRESETS);

async function* cut(bytes: Uint8Array, at: number[]): AsyncGenerator<Uint8Array> {
  const ends = [...new Set(at.map((one) => one % (bytes.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const end of [...ends, bytes.length]) {
    yield bytes.subarray(from, end);
    from = end;
  }
}

async function read(bytes: Uint8Array, at: number[]) {
  const answer = new AnswerEvents({ ...translate({ model: "m", input: "hi" }), model: "m" }, null);
  const events = answer.start();
  for await (const chunks of chunksOf(cut(bytes, at))) events.push(...answer.take(...chunks));
  return normal(inOnePiece([...events, ...answer.end("cut")]));
}

/** Joins consecutive pieces of text into one event, as if they had arrived at once. */
function inOnePiece(events: ResponseEvent[]): ResponseEvent[] {
  const joined: ResponseEvent[] = [];
  for (const { sequence_number: _number, ...event } of events) {
    const last = joined.at(-1);
    const isRest = event.type.endsWith(".delta") && last?.type === event.type && last.item_id === event.item_id;
    if (isRest) last.delta = `${last.delta}${event.delta}`;
    else joined.push({ ...event, sequence_number: joined.length } as ResponseEvent);
  }
  return joined;
}

/** Cuts a few times, or after every byte, so that characters are split too. */
const cuts = fc.oneof(
  fc.array(fc.nat(5_000), { maxLength: 12 }),
  fc.constant(Array.from({ length: 20_000 }, (_one, index) => index)),
);

test("a stream yields the same events for any network chunking", async () => {
  await fc.assert(
    fc.asyncProperty(preset, said, cuts, async (kind, answer, at) => {
      const text = [": keep-alive\n\n", ...[...chunksOfAnswer(kind, answer), "[DONE]"].map(sse)].join("");
      const bytes = Buffer.from(text);
      expect(await read(bytes, at)).toEqual(await read(bytes, []));
    }),
  );
});

test("deltas that arrive together become one event, and sequence numbers have no gap", () => {
  const answer = new AnswerEvents({ ...translate({ model: "m", input: "hi" }), model: "m" }, null);
  const chunks = ["Good", " morning", "."].map((content) => Chunk.parse(delta({ content })));
  const events = [...answer.start(), ...answer.take(...chunks), ...answer.take(...chunks.slice(1))];
  const said = events.filter(({ type }) => type === "response.output_text.delta");
  expect(said.map((event) => event.delta)).toEqual(["Good morning.", " morning."]);
  expect(events.map((event) => event.sequence_number)).toEqual(events.map((_event, index) => index));
});

test("the response is the same for any chunking by the provider", () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(words, fc.option(thought), args, lengths, (text, why, given, sizes) => {
      const content = why === null ? text : `<think>${why}</think>${text}`;
      const whole = JSON.stringify(given);
      const call = (args: string, first: boolean) =>
        delta({
          tool_calls: [
            { index: 0, ...(first ? { id: "a" } : {}), function: { ...(first ? { name: "f" } : {}), arguments: args } },
          ],
        });
      const told = (parts: (text: string) => string[]) => [
        ...parts(content).map((part) => delta({ content: part })),
        ...parts(whole).map((part, index) => call(part, index === 0)),
        delta({}, "tool_calls"),
      ];
      const pieces = (text: string) => {
        const found: string[] = [];
        for (let at = 0, turn = 0; at < text.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          found.push(text.slice(at, at + size));
          at += size;
        }
        return found;
      };
      const [one, other] = [told(pieces), told((text) => [text])].map((chunks) =>
        JSON.stringify(responseOf(eventsOf(chunks)).output).replace(/[0-9a-f]{32}/g, "ID"),
      );
      expect(one).toBe(other);
    }),
  );
});

test("a chunk that passes for plain text is valid by the schema", () => {
  const odd = fc.constantFrom("x", 1, [], {}, [{}], [{ text: "a" }]);
  const other = fc.oneof({ weight: 20, arbitrary: fc.constantFrom(null, undefined) }, odd);
  const text = fc.oneof({ weight: 5, arbitrary: fc.string() }, odd);
  const said = fc.oneof(
    { weight: 5, arbitrary: fc.record({ content: text, refusal: other, reasoning: other, tool_calls: other }) },
    other,
  );
  const choice = fc.oneof(
    { weight: 5, arbitrary: fc.record({ delta: said, message: other, finish_reason: other }) },
    other,
  );
  const chunk = fc.oneof(
    { weight: 5, arbitrary: fc.record({ choices: fc.array(choice, { maxLength: 2 }), usage: other, error: other }) },
    other,
  );
  let plain = 0;
  fc.assert(
    fc.property(chunk, (value) => {
      if (!isTextChunk(value)) return;
      plain += 1;
      expect(value).toMatchObject(Chunk.parse(value));
    }),
    { numRuns: 5_000 },
  );
  expect(plain).toBeGreaterThan(20);
  expect(isTextChunk(delta({ role: "assistant", content: "a" }))).toBe(true);
});

test("reads no more of a stream than was requested", async () => {
  let sent = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      sent += 1;
      yield Buffer.from(sse(delta({ content: "more" })));
    }
  }
  const chunks = chunksOf(endless());
  for (const asked of [1, 2, 3]) {
    expect((await chunks.next()).value).toHaveLength(1);
    expect(sent).toBe(asked);
  }
});

/**
 * Makes what an agent keeps of a conversation: the items of every answer, its calls' outputs and a person's messages.
 */
function conversationOf(kind: ChatPreset, turns: { said: Said; heard: string }[]) {
  const input: unknown[] = [{ type: "message", role: "developer", content: "be brief" }];
  const messages: ChatMessage[] = [{ role: "system", content: "be brief" }];
  for (const turn of turns) {
    input.push({ type: "message", role: "user", content: [{ type: "input_text", text: turn.heard }] });
    if (kind === "mistral" && messages.at(-1)?.role === "tool") messages.push({ role: "assistant", content: "Noted." });
    messages.push({ role: "user", content: turn.heard });
    const chunks = chunksOfAnswer(kind, turn.said);
    const { output } = responseOf(eventsOf(chunks, { input, tools: TOOLS }, kind));
    input.push(...output);
    messages.push(messageOf(kind, chunks));
    for (const { type, call_id } of output) {
      if (!call_id) continue;
      const isFreeform = type === "custom_tool_call";
      input.push({ type: isFreeform ? "custom_tool_call_output" : "function_call_output", call_id, output: "out" });
      messages.push({ role: "tool", tool_call_id: call_id, content: "out" });
    }
  }
  return { input, messages };
}

const TOOLS = [
  { type: "function", name: "exec_command" },
  { type: "function", name: "apply_patch" },
  { type: "namespace", name: "db", tools: [{ type: "function", name: "query" }] },
];

/** Makes the message as its provider would keep it, put together from the chunks without our code. */
function messageOf(kind: ChatPreset, chunks: unknown[]): ChatMessage {
  let content = "";
  let reasoning = "";
  const calls: { id: string; type: "function"; function: { name: string; arguments: string } }[] = [];
  for (const chunk of chunks as { choices: { delta: Record<string, unknown> }[] }[]) {
    const { content: text, reasoning_content, tool_calls } = chunk.choices[0]?.delta ?? {};
    content += text ?? "";
    reasoning += reasoning_content ?? "";
    for (const piece of (tool_calls ?? []) as {
      index: number;
      id: string;
      function: { name?: string; arguments?: string };
    }[]) {
      calls[piece.index] ??= {
        id: piece.id,
        type: "function",
        function: { name: piece.function.name ?? "", arguments: "" },
      };
      const known = calls[piece.index];
      if (known) known.function.arguments += piece.function.arguments ?? "";
    }
  }
  const isAsked = kind === "deepseek" && calls.length > 0;
  return {
    ...{ role: "assistant", content },
    ...(reasoning !== "" || isAsked ? { reasoning_content: reasoning } : {}),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
}

test("a conversation round-trips: the provider receives what it sent", () => {
  // What is lost on the way: a text of only white space, and that reasoning had no end.
  const kept = said.filter(({ text = "", calls = [], thought: why }) => {
    if (/^\s*<think>/.test(text)) return false;
    return text.trim() !== "" || (text === "" && (calls.length > 0 || why !== undefined));
  });
  const heard = fc.constantFrom("hi", "go on\n", "<think>me</think>");
  fc.assert(
    fc.property(preset, fc.array(fc.record({ said: kept, heard }), { minLength: 1, maxLength: 4 }), (kind, turns) => {
      const { input, messages } = conversationOf(kind, turns);
      expect(translate({ model: "m", input, tools: TOOLS }, kind).chat.messages).toEqual(messages);
    }),
  );
});

test("a tool has the same name in every request", () => {
  fc.assert(
    fc.property(
      fc.option(fc.string(), { nil: null }),
      fc.string({ minLength: 1, maxLength: 99 }),
      (namespace, name) => {
        expect(chatName(namespace, name)).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
        expect(chatName(namespace, name)).toBe(chatName(namespace, name));
      },
    ),
  );
});
