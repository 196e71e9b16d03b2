import { expect, test } from "vitest";
import { beatFigures, beatRows, describeBeats, latencyOf, missedIn, stripOf } from "./beats";

const AT = Date.parse("2026-11-26T10:00:00Z");
const told = (gapsMs: number[], tripsMs: (number | null)[] = gapsMs.map(() => 12)) => ({
  ...{ beatMs: 5_000, heartbeatAt: new Date(AT).toISOString() },
  beats: { count: gapsMs.length, gapsMs, tripsMs },
});

test("a gap holds the beats that should have come in it", () => {
  expect([0, 4_900, 5_100, 7_400, 10_000, 15_200, 61_000].map((gap) => missedIn(gap, 5_000))).toEqual([
    0, 0, 0, 0, 1, 2, 11,
  ]);
});

test("the strip tells beats in time from those after a gap, and shows what is due by now", () => {
  const runner = told([5_000, 10_100, 16_000, 4_800]);
  const came = ["in-time", "late", "gap", "in-time"];
  expect(stripOf(runner, null)).toEqual(came);
  expect(stripOf(runner, AT + 5_300), "on its way").toEqual(came);
  expect(stripOf(runner, AT + 11_000)).toEqual([...came, "due", "due"]);
  expect(stripOf(runner, AT + 3_600_000)).toHaveLength(came.length + 8);
});

test("the strip is said in words", () => {
  expect(describeBeats(told([]))).toBe("No heartbeats yet");
  expect(describeBeats(told([5_000, 5_000]))).toBe("Last 2 heartbeats on time, every 5 s");
  expect(describeBeats(told([5_000, 16_000, 5_000]))).toBe(
    "2 of the last 3 heartbeats on time, every 5 s; 2 heartbeats missed",
  );
});

test("beats are listed with when each came, the newest first", () => {
  const rows = beatRows(told([5_000, 15_000, 5_000], [null, 9, 11]));
  expect(rows).toEqual([
    { atMs: AT, gapMs: 5_000, missed: 0, tripMs: 11 },
    { atMs: AT - 5_000, gapMs: 15_000, missed: 2, tripMs: 9 },
    { atMs: AT - 20_000, gapMs: 5_000, missed: 0, tripMs: null },
  ]);
  expect(latencyOf(told([1, 1], [7, null]).beats)).toBe(7);
});

test("each beat of the strip can be read, the newest on the right, and what is due after them", () => {
  const when = (atMs: number) => new Date(atMs).toISOString().slice(14, 19);
  expect(beatFigures(told([5_000, 15_000], [null, 9]), AT + 6_000, when)).toEqual([
    ["59:45", "5.0 s", "0", "Unknown"],
    ["00:00", "15 s", "2", "9 ms"],
    ["Due now", "—", "—", "—"],
  ]);
  const many = told(Array.from({ length: 70 }, () => 5_000));
  expect(beatFigures(many, null, when)).toHaveLength(60);
  expect(beatFigures(many, null, when).at(-1)?.[0]).toBe("00:00");
});
