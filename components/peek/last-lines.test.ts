import { expect, test } from "vitest";
import type { ConversationItem } from "@/components/conversation/items";
import { lastParts } from "./last-lines";

const base = { key: "k", seq: 1, runId: "run_a", at: "2026-01-01T00:00:00Z" };
const messageItem = (text: string): ConversationItem => ({ ...base, kind: "assistant", text });

const markdown = (...lines: string[]) => ({ kind: "markdown", lines });

test("shows the last lines, oldest first, with live text after them", () => {
  const items = [
    messageItem("one\ntwo"),
    { ...base, kind: "user", text: "go on", images: [], commandId: null, isSteer: false } as const,
    messageItem("three\n\n"),
  ];
  const live = new Map([["item", { itemId: "item", kind: "assistant", text: "fo" } as never]]);
  const requestPart = { kind: "plain", lines: ["> go on"] };
  const [three, fo] = [markdown("three"), markdown("fo")];
  expect(lastParts({ conversation: { items }, live }, 20)).toEqual([markdown("one", "two"), requestPart, three, fo]);
  expect(lastParts({ conversation: { items }, live }, 3)).toEqual([requestPart, three, fo]);
});

test("a line inside a code block is shown as code", () => {
  const items = [messageItem("Run this:\n```\none\ntwo\n```\ndone")];
  const read = { conversation: { items }, live: new Map() };
  expect(lastParts(read, 3)).toEqual([markdown("```", "two", "```", "done")]);
  expect(lastParts(read, 1)).toEqual([markdown("done")]);
});

test("truncates long output and drops control sequences", () => {
  const items = [messageItem(`\u001b[31m${"x".repeat(1_000_000)}`)];
  const line = lastParts({ conversation: { items }, live: new Map() }, 20)[0]?.lines[0] ?? "";
  expect(line.length).toBeLessThanOrEqual(2_000);
  expect(line).not.toContain("\u001b");
});
