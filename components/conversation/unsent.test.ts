import { expect, test } from "vitest";
import type { Command } from "@/contract/command";
import type { ConversationItem } from "./items";
import { withoutAwaited, withUnsent } from "./unsent";

const item = (minute: number, commandId: string | null = null): ConversationItem => ({
  kind: "user",
  key: `i${minute}`,
  seq: minute,
  runId: "r",
  at: `2026-11-22T10:0${minute}:00Z`,
  text: "",
  images: [],
  commandId,
  isSteer: false,
});
const command = (id: string, minute: number, state: Command["state"], type = "turn") =>
  ({ id, type, state, createdAt: `2026-11-22T10:0${minute}:30Z` }) as Command;

test("a failed message keeps its position, and a waiting one is last", () => {
  const commands = [
    command("told", 1, "completed"),
    command("lost", 2, "failed", "steer"),
    command("next", 1, "pending"),
  ];
  const { sent, waiting } = withUnsent([item(1, "told"), item(2), item(4)], commands);
  expect(sent.map((entry) => ("kind" in entry ? entry.key : entry.id))).toEqual(["i1", "i2", "lost", "i4"]);
  expect(waiting.map((entry) => entry.id)).toEqual(["next"]);
});

test("interrupts and decisions are no messages", () => {
  expect(withUnsent([], [command("c", 1, "pending", "interrupt")])).toEqual({ sent: [], waiting: [] });
});

test("hides a command while its approval is shown", () => {
  const shell = { kind: "command", key: "command:c", itemId: "c", status: "inProgress" } as ConversationItem;
  const ask = (status: string) => ({ kind: "approval", key: "approval:a", itemId: "c", status }) as ConversationItem;
  expect(withoutAwaited([shell, ask("pending")])).toEqual([ask("pending")]);
  expect(withoutAwaited([shell, ask("applied")])).toHaveLength(2);
});
