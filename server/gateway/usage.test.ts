import { expect, test } from "vitest";
import { AnswerReader } from "./usage";

const sse = (event: Record<string, unknown>) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
const usage = { input_tokens: 10, output_tokens: 5, input_tokens_details: { cached_tokens: 3 } };
const COUNTED = { inputTokens: 10, cachedInputTokens: 3, outputTokens: 5, reasoningTokens: null };

const STREAM = [
  ": a comment of a proxy – ünd mehr\n\n",
  sse({ type: "response.output_text.delta", delta: "response.completed, she said: 屋根 🏠" }),
  "日本\n",
  sse({ type: "response.output_text.delta", delta: "…" }),
  sse({ type: "response.completed", response: { id: "r", usage } }),
].join("");

test("finds a stream's end and tokens for any network chunking", () => {
  const bytes = Buffer.from(STREAM);
  for (let size = 1; size <= bytes.length; size += 1) {
    const reader = new AnswerReader(true);
    for (let at = 0; at < bytes.length; at += size) {
      reader.read(bytes.subarray(at, at + size));
      // Its line ends one byte before its event does.
      if (at + size < bytes.length - 1) expect([size, at, reader.end]).toEqual([size, at, null]);
    }
    expect([size, reader.end, reader.usage]).toEqual([size, "completed", COUNTED]);
  }
});

test("counts a whole answer when its body ends", () => {
  const reader = new AnswerReader(false);
  const bytes = Buffer.from(JSON.stringify({ status: "incomplete", usage }));
  reader.read(bytes.subarray(0, 20));
  reader.read(bytes.subarray(20));
  expect(reader.end).toBeNull();
  reader.close();
  expect([reader.end, reader.usage]).toEqual(["incomplete", COUNTED]);
});
