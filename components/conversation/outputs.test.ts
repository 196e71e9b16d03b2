import { expect, test } from "vitest";
import type { ConversationItem } from "./items";
import { outputsOf } from "./outputs";

const base = (key: string, subAgent?: string) => ({
  ...{ key, seq: 1, runId: "run_1", at: "2026-01-01T00:00:00Z" },
  ...(subAgent === undefined ? {} : { subAgent }),
});
const requestItem = (commandId: string | null, isSteer = false): ConversationItem => ({
  ...{ ...base(`u${commandId}${isSteer}`), kind: "user", images: [], text: "", commandId, isSteer },
});
const messageItem = (key: string, subAgent?: string): ConversationItem => ({
  ...{ ...base(key, subAgent), kind: "assistant", text: "{}" },
});

test("a structured result replaces its own turn's last message, and no sub-agent's", () => {
  const command = (output: Record<string, unknown> | null) => ({ output });
  const commands = new Map([
    ["c1", command({ n: 1 })],
    ["c2", command(null)],
    ["c3", command({ n: 3 })],
    ["c4", command({ n: 4 })],
  ]);
  const items = [
    ...[
      messageItem("before"),
      requestItem("c1"),
      messageItem("a"),
      requestItem("s", true),
      messageItem("b"),
      messageItem("other", "thread_2"),
    ],
    ...[
      requestItem("c2"),
      messageItem("c"),
      requestItem("c3"),
      messageItem("d"),
      requestItem(null),
      messageItem("e"),
      requestItem("c4"),
    ],
  ];
  expect([...outputsOf(items, commands)]).toEqual([
    ["b", { n: 1 }],
    ["d", { n: 3 }],
  ]);
});
