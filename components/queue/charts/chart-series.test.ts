import { expect, test } from "vitest";
import type { QueueMinute } from "@/contract/queue-commander";
import { depthByLane, flowsOf, layerPath, spanOf, stack } from "./chart-series";

const FROM = Date.UTC(2026, 0, 1);
const SPAN = spanOf({
  from: new Date(FROM).toISOString(),
  // The last step is under way.
  to: new Date(FROM + 3 * 120_000 + 10_000).toISOString(),
  stepMinutes: 2,
});
const at = (step: number, lane: string, more: Partial<QueueMinute> = {}): QueueMinute => ({
  ...{ minute: new Date(FROM + step * 120_000).toISOString(), queue: "q", lane, waiting: 0, running: 0 },
  ...{ added: 0, started: 0, completed: 0, failed: 0, cancelled: 0, ...more },
});

test("shows depth by lane, the fullest first, and a missing lane as empty", () => {
  const rows = [at(0, "a", { waiting: 1 }), at(2, "b", { waiting: 5 }), at(3, "b", { waiting: 2 }), at(9, "b")];
  expect(SPAN.steps).toBe(4);
  expect(depthByLane(rows, SPAN)).toEqual([
    { name: "b", isRest: false, values: [0, 0, 5, 2] },
    { name: "a", isRest: false, values: [1, 0, 0, 0] },
  ]);
});

test("merges lanes beyond the number of colours, and loses none", () => {
  const rows = ["a", "b", "c", "d", "e", "f", "g"].map((lane, index) => at(0, lane, { waiting: index + 1 }));
  const series = depthByLane(rows, SPAN);
  expect(series.map(({ name }) => name)).toEqual(["g", "f", "e", "d", "3 other lanes"]);
  expect(series.reduce((total, { values }) => total + (values[0] ?? 0), 0)).toBe(28);
});

test("lanes of one name in several queues show their queue", () => {
  const rows = [at(0, "a", { waiting: 1 }), at(0, "a", { waiting: 2, queue: "p" })];
  expect(depthByLane(rows, SPAN).map(({ name }) => name)).toEqual(["p / a", "q / a"]);
});

test("sums arrivals and starts over lanes", () => {
  const rows = [at(1, "a", { added: 2, failed: 1 }), at(1, "b", { added: 3 }), at(-1, "b", { added: 9 })];
  expect(flowsOf(rows, SPAN)).toMatchObject({ added: [0, 5, 0, 0], failed: [0, 1, 0, 0] });
});

test("stacks layers up to the top of the chart", () => {
  const layers = stack(depthByLane([at(0, "a", { waiting: 1 }), at(0, "b", { waiting: 3 })], SPAN));
  expect(layers.map(({ below }) => below[0])).toEqual([0, 3]);
  expect(layerPath([0], [5], { top: 10, height: 100 })).toBe("M0 50L1 50L1 100L0 100Z");
});
