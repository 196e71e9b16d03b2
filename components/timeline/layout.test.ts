import { expect, test } from "vitest";
import { type Bar, barsOf, sumCauses } from "./bars";
import { draw, fullViewOf, keepInside, placeLanes, rowsOf, ticksOf, zoom } from "./layout";
import { decimalsFor, formatOffset } from "./offset";
import { firstSeqOf, rangeAddress, rangeFromParams, toRangeParams } from "./range-address";
import type { TimelineSnapshot } from "./run-timeline";

const bar = (key: string, lane: Bar["lane"], startMs: number, endMs: number): Bar => ({
  ...{ key, runId: "r", lane, kind: "command", label: key, state: "completed", startMs, endMs, isOpen: false },
  ...{ seq: 1, count: 1 },
});

test("overlapping bars get separate rows, up to the lane's height", () => {
  const bars = [bar("a", "tools", 0, 10), bar("b", "tools", 5, 15), bar("c", "tools", 10, 20), bar("t", "turns", 0, 9)];
  const { rowOf, rowCount } = rowsOf(bars);
  expect([...rowOf]).toEqual(
    [
      ["a", 0],
      ["b", 1],
      ["c", 0],
      ["t", 0],
    ].toSorted((x, y) => (x[0] === "t" ? -1 : y[0] === "t" ? 1 : 0)),
  );
  expect([rowCount.get("tools"), rowCount.get("turns")]).toEqual([2, 1]);
  const crowd = Array.from({ length: 50 }, (_, index) => bar(`x${index}`, "tools", index, 1_000));
  expect(rowsOf(crowd).rowCount.get("tools")).toBe(4);
});

test("merges bars beyond what fits, and loses none", () => {
  const bars = Array.from({ length: 50_000 }, (_, index) => bar(`x${index}`, "tools", index * 10, index * 10 + 5));
  const { rowOf, rowCount } = rowsOf(bars);
  const { lanes } = placeLanes(rowCount, false);
  const drawn = draw(bars, { view: fullViewOf(bars), width: 1_000, lanes, rowOf });
  expect(drawn.length).toBeLessThan(400);
  expect(drawn.reduce((sum, one) => sum + one.bars.length, 0)).toBe(50_000);
  const near = draw(bars, { view: { fromMs: 1_000, toMs: 1_100 }, width: 1_000, lanes, rowOf });
  expect(near.every((one) => one.bars.length === 1)).toBe(true);
  expect(near.map((one) => one.bar.key)).toEqual([
    "x100",
    "x101",
    "x102",
    "x103",
    "x104",
    "x105",
    "x106",
    "x107",
    "x108",
    "x109",
    "x110",
  ]);
  for (const one of near) expect(one.x >= 0 && one.x + one.width <= 1_000 && one.width >= 3).toBe(true);
});

test("a view stays within bounds, and zooming keeps the instant under the pointer", () => {
  const whole = { fromMs: 0, toMs: 100 };
  expect(keepInside({ fromMs: -20, toMs: 30 }, whole)).toEqual({ fromMs: 0, toMs: 50 });
  expect(keepInside({ fromMs: 80, toMs: 120 }, whole)).toEqual({ fromMs: 60, toMs: 100 });
  expect(keepInside({ fromMs: -1, toMs: 200 }, whole)).toEqual(whole);
  expect(zoom(whole, 0.5, 20)).toEqual({ fromMs: 10, toMs: 60 });
  const deep = keepInside({ fromMs: 50, toMs: 50 }, whole);
  expect(deep.toMs - deep.fromMs).toBeGreaterThan(0);
});

test("ticks are round times from the start, and never too dense to read", () => {
  expect(ticksOf({ fromMs: 1_000, toMs: 11_000 }, 1_000, 500)).toEqual([1_000, 3_000, 5_000, 7_000, 9_000, 11_000]);
  for (const length of [3, 40, 7_000, 1e6, 1e9, 1e12]) {
    const ticks = ticksOf({ fromMs: 5, toMs: 5 + length }, 0, 800);
    expect(ticks.length).toBeLessThanOrEqual(9);
  }
  expect([0, 250, 12_000, 185_000, 3_607_500, -500].map((ms) => formatOffset(ms, 1))).toEqual([
    ...["+0.0 s", "+0.3 s", "+12.0 s", "+3:05.0", "+1:00:07.5", "−0.5 s"],
  ]);
  expect([formatOffset(59_999, 0), formatOffset(3_599_999, 0)]).toEqual(["+1:00", "+1:00:00"]);
  expect([1, 10, 100, 1_000].map(decimalsFor)).toEqual([3, 2, 1, 0]);
});

test("a span under way lasts until now, and open silence is shown", () => {
  const at = (ms: number) => new Date(ms).toISOString();
  const snapshot: TimelineSnapshot = {
    ...{ runId: "r", state: "ready", startMs: 0, endMs: null, readMs: 4_000, readSeq: 9, lastSeq: 9, error: null },
    spans: [],
    stretches: [
      { cause: "runner", startedAt: at(0), endedAt: at(1_000), startSeq: 1, count: 1 },
      { cause: "work", startedAt: at(1_000), endedAt: null, startSeq: 3, count: 1 },
    ],
  };
  const times = (nowMs: number) =>
    barsOf(snapshot, { id: "r", name: "r", status: "claimed" }, nowMs)
      .filter((one) => one.lane === "time")
      .map((one) => [one.kind, one.startMs, one.endMs]);
  expect(times(9_000)).toEqual([
    ["runner", 0, 1_000],
    ["work", 1_000, 9_000],
  ]);
  expect(times(30_000)).toEqual([
    ["runner", 0, 1_000],
    ["work", 1_000, 4_000],
    ["silence", 4_000, 30_000],
  ]);
  const bars = barsOf(snapshot, { id: "r", name: "r", status: "claimed" }, 30_000);
  expect(sumCauses(bars, { fromMs: 500, toMs: 10_000 })).toEqual([
    ...[
      { cause: "silence", ms: 6_000 },
      { cause: "work", ms: 3_000 },
      { cause: "runner", ms: 500 },
    ],
  ]);
});

test("a part of a timeline links to its events, from the last known one before it", () => {
  const at = (seq: number, startMs: number, endMs: number) => ({ ...bar(`b${seq}`, "tools", startMs, endMs), seq });
  const bars = [at(3, 0, 100), at(9, 40, 60), at(20, 70, 80), { ...bar("x", "attempts", 0, 500), seq: null }];
  expect(firstSeqOf(bars, { fromMs: 50, toMs: 75 })).toBe(9);
  expect(firstSeqOf(bars, { fromMs: -5, toMs: 75 })).toBe(3);
  expect(rangeAddress("/sessions/s?tab=trace&run=run_1#e9", { fromMs: 50.7, toMs: 74.2 })).toBe(
    "/sessions/s?tab=trace&run=run_1&from=50&to=75#e9",
  );
});

test("a part of a timeline survives its URL, and other values are ignored", () => {
  const view = { fromMs: 1_764_190_000_000.123, toMs: 1_764_190_000_005.456 };
  const again = rangeFromParams(toRangeParams(view));
  expect(again?.fromMs).toBeCloseTo(view.fromMs, 1);
  expect(again?.toMs).toBeCloseTo(view.toMs, 1);
  expect(rangeFromParams(toRangeParams(again ?? view))).toEqual(again);
  for (const [from, to] of [
    [null, 5],
    [5, null],
    [5, 5],
    [6, 5],
    [Number.NaN, 5],
  ] as const)
    expect(rangeFromParams({ from, to })).toBeNull();
});
