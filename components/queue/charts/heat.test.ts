import { expect, test } from "vitest";
import { cellAfter, classOf, heatOf, minuteOfHours, WAIT_CLASSES } from "./heat";

const hourWaits = (at: string, p95Ms: number, samples = 3) => ({ at, samples, p50Ms: p95Ms / 2, p95Ms });

test("groups hours by day of the reader's zone, from the first requested to the current", () => {
  const from = "2026-01-30T20:00:00.000Z";
  const hours = [hourWaits("2026-01-30T23:00:00.000Z", 5_000), hourWaits("2026-01-31T05:00:00.000Z", 70_000)];
  const utc = heatOf({ from, to: "2026-01-31T05:10:00.000Z", hours }, "UTC");
  expect(utc.days).toEqual(["2026-01-30", "2026-01-31"]);
  expect(utc.cells.map(({ day, hour }) => [day, hour])).toEqual([
    ...[20, 21, 22, 23].map((hour) => [0, hour]),
    ...[0, 1, 2, 3, 4, 5].map((hour) => [1, hour]),
  ]);
  expect(utc.cells.filter((cell) => cell.waits !== null).map(({ day, hour }) => [day, hour])).toEqual([
    [0, 23],
    [1, 5],
  ]);
  const tokyo = heatOf({ from, to: "2026-01-31T05:10:00.000Z", hours }, "Asia/Tokyo");
  expect(tokyo.days).toEqual(["2026-01-31"]);
  expect(tokyo.cells.find((cell) => cell.waits !== null)).toMatchObject({ day: 0, hour: 8 });
});

test("merges a repeated hour with its longer wait, and skips a missing one", () => {
  const back = heatOf(
    {
      ...{ from: "2025-10-25T22:00:00.000Z", to: "2025-10-26T03:00:00.000Z" },
      hours: [hourWaits("2025-10-26T00:00:00.000Z", 9_000), hourWaits("2025-10-26T01:00:00.000Z", 4_000, 4)],
    },
    "Europe/Berlin",
  );
  expect(back.cells.map(({ hour }) => hour)).toEqual([0, 1, 2, 3]);
  expect(back.cells[2]).toEqual({
    ...{ day: 0, hour: 2, fromMs: Date.parse("2025-10-26T00:00:00Z"), toMs: Date.parse("2025-10-26T02:00:00Z") },
    waits: hourWaits("2025-10-26T00:00:00.000Z", 9_000, 7),
  });
  const on = heatOf({ from: "2026-03-29T00:00:00Z", to: "2026-03-29T03:00:00Z", hours: [] }, "Europe/Berlin");
  expect(on.cells.map(({ hour }) => hour)).toEqual([1, 3, 4]);
});

test("hours of a zone with a partial-hour offset begin at its own minute", () => {
  const nowMs = Date.parse("2026-01-31T05:50:00Z");
  expect(minuteOfHours("UTC", nowMs)).toBe(0);
  expect(minuteOfHours("America/New_York", nowMs)).toBe(0);
  expect(minuteOfHours("Asia/Kolkata", nowMs)).toBe(30);
  expect(minuteOfHours("Asia/Kathmandu", nowMs)).toBe(15);
  const from = "2026-01-30T18:30:00.000Z";
  expect(heatOf({ from, to: "2026-01-30T20:00:00Z", hours: [hourWaits(from, 1)] }, "Asia/Kolkata")).toMatchObject({
    ...{ days: ["2026-01-31"], cells: [{ hour: 0, waits: { p95Ms: 1 } }, { hour: 1 }] },
  });
});

test("a wait has the class that its legend names", () => {
  expect([0, 999, 1_000, 9_999, 10_000, 59_999, 60_000, 599_999, 600_000, 1e12].map(classOf)).toEqual([
    ...[0, 0, 1, 1, 2, 2, 3, 3, 4, 4],
  ]);
  expect(WAIT_CLASSES[classOf(9_000)]?.name).toBe("under 10 s");
});

test("keys move by hour and by day, and stay at the edges", () => {
  const { cells } = heatOf({ from: "2026-01-30T22:00:00Z", to: "2026-01-31T23:30:00Z", hours: [] }, "UTC");
  expect(cells).toHaveLength(26);
  expect(cellAfter(cells, 0, "ArrowLeft")).toBe(0);
  expect(cellAfter(cells, 0, "ArrowRight")).toBe(1);
  expect(cellAfter(cells, 0, "ArrowDown")).toBe(24);
  expect(cellAfter(cells, 24, "ArrowUp")).toBe(0);
  expect(cellAfter(cells, 5, "ArrowUp")).toBe(5);
  expect(cellAfter(cells, 25, "ArrowRight")).toBe(25);
  expect(cellAfter(cells, 3, "Home")).toBe(0);
  expect(cellAfter(cells, 3, "End")).toBe(25);
  expect(cellAfter(cells, 3, "x")).toBeNull();
});
