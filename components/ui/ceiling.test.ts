import { expect, test } from "vitest";
import { ceilingOf } from "./ceiling";

test("a picture's top is a round figure that nothing in it is above", () => {
  expect([0, 1, 3, 10, 11, 60, 99].map((most) => ceilingOf([most]))).toEqual([1, 1, 5, 10, 20, 100, 100]);
});
