import { expect, test } from "vitest";
import type { ConversationItem } from "@/components/conversation/items";
import { lastLines } from "./last-lines";

const base = { key: "k", seq: 1, runId: "run_a", at: "2026-01-01T00:00:00Z" };
const said = (text: string): ConversationItem => ({ ...base, kind: "assistant", text });

test("the last lines are those at the end, oldest first, with what is being written after them", () => {
  const items = [
    said("one\ntwo"),
    { ...base, kind: "user", text: "go on", images: [], commandId: null, isSteer: false } as const,
    said("three\n\n"),
  ];
  const live = new Map([["item", { itemId: "item", kind: "assistant", text: "fo" } as never]]);
  expect(lastLines({ conversation: { items }, live }, 20)).toEqual(["one", "two", "> go on", "three", "fo"]);
  expect(lastLines({ conversation: { items }, live }, 3)).toEqual(["> go on", "three", "fo"]);
});

test("a flood costs a glance: what is long is cut, and control sequences are left out", () => {
  const [line = ""] = lastLines(
    { conversation: { items: [said(`\u001b[31m${"x".repeat(1_000_000)}`)] }, live: new Map() },
    20,
  );
  expect(line.length).toBeLessThanOrEqual(400);
  expect(line).not.toContain("\u001b");
});
