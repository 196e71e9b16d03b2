import { expect, test } from "vitest";
import type { NumberedTurn } from "@/components/turns/read-turns";
import { scaleTurns } from "./scale";

const START_MS = Date.parse("2026-11-22T10:00:00.000Z");
const at = (seconds: number | null) => (seconds === null ? null : new Date(START_MS + seconds * 1_000).toISOString());

function turn(askedAt: number, startedAt: number | null, endedAt: number | null): NumberedTurn {
  return {
    ...{ runId: "run_1", number: 1, key: `at:${askedAt}`, commandId: null, state: "completed", failureKind: null },
    ...{
      asked: null,
      answer: null,
      output: null,
      outputBytes: null,
      askedAt: at(askedAt),
      startedAt: at(startedAt),
      endedAt: at(endedAt),
    },
    ...{ startSeq: 1, endSeq: 2, toolCalls: 0, failedCalls: 0, exitCodes: [], fileChanges: 0, errors: 0, tokens: null },
  };
}

test("both sides start at zero, and the longer one sets the scale", () => {
  const left = [turn(0, 10, 50), turn(60, 60, 100)];
  const right = [turn(1_000, 1_000, 1_050)];
  const scaled = scaleTurns({ left, right }, "own", START_MS);
  expect(scaled.lengthMs).toBe(100_000);
  expect(scaled.left).toMatchObject([
    { waitAt: 0, at: 0.1, end: 0.5 },
    { waitAt: 0.6, at: 0.6, end: 1, offsetMs: 60_000 },
  ]);
  expect(scaled.right).toMatchObject([{ waitAt: 0, at: 0, end: 0.5 }]);
});

test("by the clock, the later side is placed further along", () => {
  const scaled = scaleTurns({ left: [turn(0, 0, 50)], right: [turn(150, 150, 200)] }, "clock", START_MS);
  expect(scaled).toMatchObject({
    lengthMs: 200_000,
    left: [{ end: 0.25 }],
    right: [{ waitAt: 0.75, at: 0.75, end: 1 }],
  });
});

test("a running turn lasts until now, a waiting one has no start, and one side may be empty", () => {
  const nowMs = START_MS + 80_000;
  const scaled = scaleTurns({ left: [turn(0, 20, null), turn(40, null, null)], right: [] }, "clock", nowMs);
  expect(scaled).toMatchObject({
    lengthMs: 80_000,
    left: [
      { at: 0.25, end: 1 },
      { waitAt: 0.5, at: 1, end: 1 },
    ],
    right: [],
  });
  expect(scaleTurns({ left: [], right: [] }, "own", nowMs)).toEqual({ left: [], right: [], lengthMs: 1 });
});
