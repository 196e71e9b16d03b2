import { expect, test } from "vitest";
import { bytesScaleMax, durationScaleMax, scaleMax } from "./scale-max";

test("a chart's top is a round number at or above all values", () => {
  expect([0, 1, 3, 10, 11, 60, 99].map((max) => scaleMax([max]))).toEqual([1, 1, 4, 10, 20, 60, 100]);
});

test("a duration's top and its half are round in its units", () => {
  const tops = [15, 900, 45_000, 1_000_000, 5_000_000, 3 * 86_400_000];
  expect(tops.map((max) => durationScaleMax([max]))).toEqual([
    ...[20, 1_000, 60_000, 1_200_000, 7_200_000, 4 * 86_400_000],
  ]);
});

test("bytes are round in binary units", () => {
  expect([0, 100, 1_000_000].map((max) => bytesScaleMax([max]))).toEqual([1, 128, 1_048_576]);
});
