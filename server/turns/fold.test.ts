import { expect, test } from "vitest";
import type { TimelineStep } from "@/db/queries/events/read-timeline-steps";
import { decodeFold, encodeFold } from "@/server/pagination";
import { type FoldedTurn, TurnFold } from "./fold";
import { ASKED_MAX, startState, TurnState } from "./state";

const CURSOR_MAX = 5_500;

function step(seq: number, type: string, more: Partial<TimelineStep> = {}): TimelineStep {
  const none = { phase: null, turnId: null, itemId: null, commandId: null, commandType: null, approvalId: null };
  const rest = { runnerId: null, status: null, decision: null, label: null, isError: false, durationMs: null };
  return {
    ...none,
    ...rest,
    exitCode: null,
    tokens: null,
    sizeBytes: null,
    filesCount: null,
    seq,
    type,
    atMs: seq * 1_000,
    ...more,
  };
}
const status = (seq: number, phase: string, more: Partial<TimelineStep> = {}) =>
  step(seq, "backend_status", { phase, ...more });
const asked = (seq: number, commandId: string, commandType = "turn") =>
  status(seq, "command-created", { commandId, commandType });

/** Folds in pages of a size, each from the cursor of the previous one, and merges them as a reader does. */
function fold(steps: TimelineStep[], size: number) {
  const turns = new Map<string, FoldedTurn>();
  let state = startState("run_1", 0);
  let longest = 0;
  for (let from = 0; from < steps.length; from += size) {
    const one = new TurnFold(state);
    for (const each of steps.slice(from, from + size)) one.add(each);
    for (const turn of [...one.ended, ...one.openTurns()]) turns.set(turn.commandId ?? String(turn.startSeq), turn);
    const cursor = encodeFold(one.state);
    longest = Math.max(longest, cursor.length);
    state = decodeFold(TurnState, "run_1", cursor);
  }
  return { turns: [...turns.values()], longest };
}

/**
 * Two turns, one with a failing command, the other interrupted by a lost attempt and continued by the next; a third
 * waits.
 */
const STORY = [
  status(1, "run-created"),
  asked(2, "cmd_1"),
  status(3, "run-claimed", { runnerId: "r1" }),
  status(4, "turn-started", { commandId: "cmd_1" }),
  step(5, "command_execution", { status: "inProgress" }),
  step(6, "command_execution", { status: "completed", exitCode: 0 }),
  step(7, "command_execution", { status: "failed", exitCode: 2 }),
  step(8, "file_change", { status: "completed" }),
  step(9, "file_change", { status: "declined" }),
  step(10, "tool_call", { status: "completed" }),
  step(11, "assistant_message"),
  step(12, "token_usage", { tokens: [100, 50, 20, 5] }),
  status(13, "turn-completed", { status: "completed" }),
  asked(14, "cmd_2"),
  asked(15, "cmd_steer", "steer"),
  status(16, "command-terminal", { commandId: "cmd_1", status: "completed" }),
  status(17, "turn-started", { commandId: "cmd_2" }),
  step(18, "assistant_message"),
  status(19, "lease-expired", { runnerId: "r1" }),
  status(20, "run-claimed", { runnerId: "r2" }),
  status(21, "turn-started", { commandId: "cmd_2" }),
  step(22, "error"),
  asked(23, "cmd_3"),
  asked(24, "cmd_4"),
  status(25, "turn-completed", { status: "interrupted" }),
  status(26, "command-terminal", { commandId: "cmd_2", status: "cancelled" }),
  status(27, "command-terminal", { commandId: "cmd_3", status: "cancelled" }),
];

test.each([1, 2, 3, 5, 8, 100])("turns are the same for pages of any size: %i", (size) => {
  const { turns } = fold(STORY, size);
  expect(turns).toMatchObject([
    {
      ...{ commandId: "cmd_1", state: "completed", startMs: 4_000, endMs: 13_000, answerSeq: 11 },
      ...{
        toolCalls: 3,
        failedCalls: 1,
        exits: [
          [0, 1],
          [2, 1],
        ],
        fileChanges: 1,
        tokens: [100, 50, 20, 5],
      },
    },
    { commandId: "cmd_2", state: "interrupted", startMs: 17_000, endMs: 25_000, answerSeq: 18, errors: 1 },
    { commandId: "cmd_3", state: "cancelled", startSeq: null, ms: 23_000 },
    { commandId: "cmd_4", state: "waiting", startSeq: null },
  ]);
});

test("what is under way when the run ends was cut off, and waiting turns are cancelled", () => {
  const { turns } = fold([...STORY.slice(0, 15), step(16, "terminal_status", { status: "failed" })], 4);
  // Its runner had reported how it ended, but the end of its command was never written.
  expect(turns.map(({ commandId, state }) => [commandId, state])).toEqual([
    ["cmd_1", "completed"],
    ["cmd_2", "cancelled"],
  ]);
  expect(fold([...STORY.slice(0, 12), step(13, "terminal_status", { status: "failed" })], 4).turns).toMatchObject([
    { commandId: "cmd_1", state: "cut off" },
  ]);
});

test("divides an older release's log, without turn starts, by its requests", () => {
  const old = [
    asked(1, "cmd_1"),
    step(2, "assistant_message"),
    status(3, "command-terminal", { commandId: "cmd_1", status: "completed" }),
    asked(4, "cmd_2"),
    step(5, "tool_call"),
    step(6, "tool_output", { isError: true }),
    status(7, "turn-started", { commandId: "cmd_2" }),
    status(8, "command-terminal", { commandId: "cmd_2", status: "failed" }),
  ];
  expect(fold(old, 100).turns).toMatchObject([
    { commandId: "cmd_1", state: "completed", answerSeq: 2 },
    { commandId: "cmd_2", state: "failed", startMs: 5_000, toolCalls: 1 },
  ]);
});

test("turns without ids follow each other", () => {
  const nameless = [1, 2].flatMap((turn) => [
    status(turn * 10, "turn-started"),
    step(turn * 10 + 1, "assistant_message"),
    status(turn * 10 + 2, "turn-completed", { status: "completed" }),
  ]);
  expect(fold([...nameless, step(30, "terminal_status", { status: "completed" })], 2).turns).toMatchObject([
    { commandId: null, startSeq: 10, state: "completed" },
    { commandId: null, startSeq: 20, state: "completed" },
  ]);
});

test("each archive has the volume's size", () => {
  const one = new TurnFold(startState("run_1", 0));
  for (const each of STORY.slice(0, 16)) one.add(each);
  one.add(status(17, "archived", { sizeBytes: 4_096, filesCount: 3 }));
  one.add(status(18, "archived"));
  expect(one.archives).toEqual([{ seq: 17, at: "1970-01-01T00:00:17.000Z", sizeBytes: 4_096, filesCount: 3 }]);
});

test("a cursor stays short enough for a URL for any request", () => {
  const many = Array.from({ length: 200 }, (_, index) => asked(index + 1, `${index}`.padEnd(128, "x")));
  const busy = [
    ...many,
    ...Array.from({ length: 50 }, (_, index) =>
      step(300 + index, "command_execution", { status: "failed", exitCode: -2_147_483_000 - index }),
    ),
    step(400, "token_usage", { tokens: Array(4).fill(Number.MAX_SAFE_INTEGER) }),
  ];
  const { turns, longest } = fold(busy, 1_000);
  expect(longest).toBeLessThan(CURSOR_MAX);
  expect(turns).toHaveLength(ASKED_MAX);
});
