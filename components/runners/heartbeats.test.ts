import { expect, test } from "vitest";
import {
  describeHeartbeats,
  heartbeatFigures,
  heartbeatKinds,
  heartbeatRows,
  latencyOf,
  missedHeartbeats,
} from "./heartbeats";

const AT = Date.parse("2026-11-26T10:00:00Z");
const heartbeatsWith = (gapsMs: number[], tripsMs: (number | null)[] = gapsMs.map(() => 12)) => ({
  ...{ beatMs: 5_000, heartbeatAt: new Date(AT).toISOString() },
  beats: { count: gapsMs.length, gapsMs, tripsMs },
});

test("a gap contains the heartbeats that should have arrived in it", () => {
  expect([0, 4_900, 5_100, 7_400, 10_000, 15_200, 61_000].map((gap) => missedHeartbeats(gap, 5_000))).toEqual([
    0, 0, 0, 0, 1, 2, 11,
  ]);
});

test("distinguishes timely heartbeats from those after a gap, and shows due ones", () => {
  const runner = heartbeatsWith([5_000, 10_100, 16_000, 4_800]);
  const received = ["in-time", "late", "gap", "in-time"];
  expect(heartbeatKinds(runner, null)).toEqual(received);
  expect(heartbeatKinds(runner, AT + 5_300), "on its way").toEqual(received);
  expect(heartbeatKinds(runner, AT + 11_000)).toEqual([...received, "due", "due"]);
  expect(heartbeatKinds(runner, AT + 3_600_000)).toHaveLength(received.length + 8);
});

test("describes the strip in words", () => {
  expect(describeHeartbeats(heartbeatsWith([]))).toBe("No heartbeats yet");
  expect(describeHeartbeats(heartbeatsWith([5_000, 5_000]))).toBe("Last 2 heartbeats on time, every 5 s");
  expect(describeHeartbeats(heartbeatsWith([5_000, 16_000, 5_000]))).toBe(
    "2 of the last 3 heartbeats on time, every 5 s; 2 heartbeats missed",
  );
});

test("lists heartbeats with their times, the newest first", () => {
  const rows = heartbeatRows(heartbeatsWith([5_000, 15_000, 5_000], [null, 9, 11]));
  expect(rows).toEqual([
    { atMs: AT, gapMs: 5_000, missed: 0, tripMs: 11 },
    { atMs: AT - 5_000, gapMs: 15_000, missed: 2, tripMs: 9 },
    { atMs: AT - 20_000, gapMs: 5_000, missed: 0, tripMs: null },
  ]);
  expect(latencyOf(heartbeatsWith([1, 1], [7, null]).beats)).toBe(7);
});

test("each heartbeat can be read, the newest on the right, due ones after them", () => {
  const when = (atMs: number) => new Date(atMs).toISOString().slice(14, 19);
  expect(heartbeatFigures(heartbeatsWith([5_000, 15_000], [null, 9]), AT + 6_000, when)).toEqual([
    ["59:45", "5.0 s", "0", "Unknown"],
    ["00:00", "15 s", "2", "9 ms"],
    ["Due now", "—", "—", "—"],
  ]);
  const many = heartbeatsWith(Array.from({ length: 70 }, () => 5_000));
  expect(heartbeatFigures(many, null, when)).toHaveLength(60);
  expect(heartbeatFigures(many, null, when).at(-1)?.[0]).toBe("00:00");
});
