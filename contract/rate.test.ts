import { expect, test } from "vitest";
import { rateWords } from "./rate";

test("prints a rate in the largest whole unit of its window", () => {
  const words = ([startsMax = 0, startsWindowSeconds = 0]: number[]) => rateWords({ startsMax, startsWindowSeconds });
  expect(
    [
      [10, 60],
      [1, 1],
      [1, 90],
      [2, 120],
      [1_000, 3_600],
      [5, 7_200],
      [3, 86_400],
    ].map(words),
  ).toEqual([
    "10 starts a minute",
    "1 start a second",
    "1 start in 90 seconds",
    "2 starts in 2 minutes",
    "1,000 starts an hour",
    "5 starts in 2 hours",
    "3 starts a day",
  ]);
});
