import { expect, test } from "vitest";
import { growthOf } from "./growth";

const at = (day: number, sizeBytes: number) => ({
  ...{ at: `2026-01-0${day}T00:00:00Z`, sizeBytes, filesCount: 1 },
});

test("draws a volume's sizes at their times as steps, down to zero at an eviction", () => {
  const growth = growthOf([at(1, 50), at(2, 100), at(5, 0)], 61);
  expect(growth).toEqual({
    axis: { fromMs: Date.parse("2026-01-01T00:00:00Z"), toMs: Date.parse("2026-01-05T00:00:00Z") },
    shares: [0, 0.25, 1],
    top: 128,
    path: "M0 61H0.000V37.56H25.000V14.13H100.000V61.00V61Z",
  });
});

test("draws nothing for fewer than two measurements", () => {
  expect(growthOf([], 60)).toBeNull();
  expect(growthOf([at(1, 50)], 60)).toBeNull();
});
