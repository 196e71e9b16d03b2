import fc from "fast-check";
import { expect, test } from "vitest";
import { EVENT_TYPES, type RunEvent } from "@/contract/event";
import { unwrapShell } from "@/contract/written";
import { Folding } from "./fold";

let seq = 0;
const event = (type: string, payload: Record<string, unknown>): RunEvent => {
  seq += 1;
  return { id: `evt_${seq}`, runId: "run_1", seq, type, payload, createdAt: "2026-11-22T10:00:00.000Z" };
};
const fold = (...events: RunEvent[]) => {
  const folding = new Folding();
  for (const one of events) folding.add(one);
  return folding.conversation;
};

test("a command and its output are one item with exit code and duration", () => {
  const { items } = fold(
    event("command_execution", { itemId: "i1", turnId: "t1", command: "ls -la", cwd: "/w", status: "inProgress" }),
    event("command_output", { itemId: "i1", turnId: "t1", text: "a\nb\n" }),
    event("command_execution", {
      itemId: "i1",
      turnId: "t1",
      command: "ls -la",
      cwd: "/w",
      status: "completed",
      exitCode: 0,
      durationMs: 12,
    }),
  );
  expect(items).toMatchObject([
    { kind: "command", command: "ls -la", status: "completed", exitCode: 0, durationMs: 12, output: "a\nb\n" },
  ]);
});

test("a request and its decision are one item that keeps the request", () => {
  const { items } = fold(
    event("approval_request", {
      approvalId: "apr_1",
      kind: "command",
      command: "rm -rf build",
      cwd: "/w",
      reason: "outside",
    }),
    event("approval_decision", { approvalId: "apr_1", decision: "decline", decidedBy: "admin", status: "applied" }),
  );
  expect(items).toMatchObject([
    {
      kind: "approval",
      asks: "command",
      command: "rm -rf build",
      reason: "outside",
      decision: "decline",
      decidedBy: "admin",
      status: "applied",
    },
  ]);
});

test("keeps a decision's reason separate from the agent's, also after it is applied", () => {
  const { items } = fold(
    event("approval_request", { approvalId: "apr_1", kind: "command", command: "rm -rf build" }),
    event("approval_decision", {
      ...{ approvalId: "apr_1", decision: "decline", decidedBy: "operator:ann", status: "decided" },
      reason: "not in this repository",
    }),
    event("approval_decision", { approvalId: "apr_1", status: "ambiguous" }),
  );
  expect(items).toMatchObject([{ reason: null, decisionReason: "not in this repository", status: "ambiguous" }]);
});

test("later text of the same item replaces earlier; usage and the turn's diff come last", () => {
  const { items } = fold(
    event("token_usage", { turnId: "t1", totalTokens: 10 }),
    event("assistant_message", { itemId: "a1", turnId: "t1", text: "Hel" }),
    event("diff", { turnId: "t1", diff: "old" }),
    event("assistant_message", { itemId: "a1", turnId: "t1", text: "Hello" }),
    event("assistant_message", { itemId: "a2", turnId: "t1", text: "More" }),
    event("diff", { turnId: "t1", diff: "new" }),
    event("token_usage", { turnId: "t1", totalTokens: 25, inputTokens: 20 }),
  );
  expect(items).toMatchObject([
    { kind: "assistant", text: "Hello" },
    { kind: "assistant", text: "More" },
    { kind: "diff", diff: "new" },
    { kind: "usage", total: 25, input: 20 },
  ]);
});

test("unchanged items keep their identity", () => {
  const folding = new Folding();
  folding.add(event("assistant_message", { itemId: "a1", text: "one" }));
  const [before] = folding.conversation.items;
  folding.add(event("assistant_message", { itemId: "a2", text: "two" }));
  expect(folding.conversation.items[0]).toBe(before);
});

test("shows how each command ended", () => {
  const { outcomes } = fold(
    event("backend_status", {
      phase: "command-terminal",
      commandId: "cmd_1",
      state: "failed",
      failureKind: "runner-lost",
      message: "no-active-turn",
    }),
  );
  expect(outcomes.get("cmd_1")).toEqual({ state: "failed", failureKind: "runner-lost", message: "no-active-turn" });
});

test("shows unknown types as they are, and no payload throws", () => {
  expect(fold(event("from_elsewhere", { a: 1 })).items).toMatchObject([
    { kind: "unknown", type: "from_elsewhere", payload: { a: 1 } },
  ]);
  fc.assert(
    fc.property(
      fc.constantFrom(...EVENT_TYPES),
      fc.dictionary(
        fc.constantFrom("text", "itemId", "changes", "steps", "command", "kind", "exitCode", "phase"),
        fc.jsonValue(),
      ),
      (type, payload) => {
        fold(event(type, payload), event(type, {}));
      },
    ),
  );
});

test("a heading omits only the shell that wraps a command", () => {
  expect(unwrapShell("/bin/bash -lc 'echo hi && ls'")).toBe("echo hi && ls");
  expect(unwrapShell('bash -c "ls -la"')).toBe("ls -la");
  expect(unwrapShell(`/bin/bash -lc 'echo '"'"'x'"'"''`)).toContain("/bin/bash");
  expect(unwrapShell("npm test")).toBe("npm test");
});

test("a command without an end in an ended run is cut off", () => {
  const { items } = fold(
    event("command_execution", { itemId: "c", command: "sleep 9", status: "inProgress" }),
    event("terminal_status", { terminalStatus: "failed", failureKind: "runner-lost" }),
  );
  expect(items).toMatchObject([
    { kind: "command", status: "cut off" },
    { kind: "end", terminalStatus: "failed" },
  ]);
});

test("separates a sub-agent's items through all their events", () => {
  const helper = { turnId: "t2", agentThreadId: "thread-2" };
  const { items } = fold(
    event("assistant_message", { itemId: "m1", turnId: "t1", text: "I hand it on." }),
    event("command_execution", { itemId: "i1", ...helper, command: "make", status: "inProgress" }),
    event("command_output", { itemId: "i1", ...helper, text: "ok" }),
    event("approval_request", { approvalId: "apr_1", ...helper, kind: "command", command: "rm -rf build" }),
    event("approval_decision", { approvalId: "apr_1", decision: "accept", decidedBy: "operator:ann" }),
    event("terminal_status", { terminalStatus: "cancelled" }),
  );
  expect(items.map(({ kind, subAgent }) => [kind, subAgent])).toEqual([
    ["assistant", undefined],
    ["command", "thread-2"],
    ["approval", "thread-2"],
    ["end", undefined],
  ]);
});

test("shows only a message's images with an AgentRun address", () => {
  const id = `img_${"0".repeat(32)}`;
  const { items } = fold(
    event("user_message", {
      text: "look",
      attachments: [
        { id, name: "a.png", width: 3, height: 2, sizeBytes: 9 },
        { id: "../../x" },
        "img",
        { id, name: 7 },
      ],
    }),
    event("user_message", { text: "look", attachments: { id } }),
  );
  expect(items).toMatchObject([
    {
      images: [
        { id, name: "a.png", width: 3, height: 2, sizeBytes: 9 },
        { id, name: "image", width: null, height: null, sizeBytes: null },
      ],
    },
    { images: [] },
  ]);
});
