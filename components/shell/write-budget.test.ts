import { expect, test } from "vitest";
import { WriteBudget } from "./write-budget";

test("allows a burst of writes, and then the rate that browsers accept", () => {
  const budget = new WriteBudget();
  const write = (nowMs: number) => {
    if (budget.isSpent(nowMs)) return false;
    budget.take(nowMs);
    return true;
  };
  expect(Array.from({ length: 25 }, () => write(1_000)).filter(Boolean)).toHaveLength(20);
  expect(write(1_249)).toBe(false);
  expect(write(1_250)).toBe(true);
  expect(write(1_250)).toBe(false);
  let written = 0;
  for (let nowMs = 100_000; nowMs < 110_000; nowMs += 33) if (write(nowMs)) written += 1;
  expect(3 * written).toBeLessThan(200);
});
