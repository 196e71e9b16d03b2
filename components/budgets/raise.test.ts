import { expect, test } from "vitest";
import { raiseChoices, readAmount } from "./raise";

const limitsOf = (unit: string, spent: number, limit: number) =>
  raiseChoices(unit, { spent, limit }).map((choice) => choice.limit);

test("suggests round raises with as many digits as the amount", () => {
  expect(limitsOf("USD", 4, 5)).toEqual([5.5, 6.25, 7.5, 10]);
  expect(limitsOf("USD", 0, 0.07)).toEqual([0.077, 0.0875, 0.105, 0.14]);
  expect(limitsOf("USD", 0, 1.1)).toEqual([1.21, 1.38, 1.65, 2.2]);
  expect(limitsOf("USD", 0, 0.000003)).toEqual([0.000004, 0.000004, 0.000005, 0.000006]);
  expect(limitsOf("tokens", 0, 15)).toEqual([17, 19, 23, 30]);
});

test("suggests raises above what is already spent", () => {
  expect(limitsOf("tokens", 200, 100)).toEqual([220, 250, 300, 400]);
});

test("parses an amount as it is written, and nothing else", () => {
  expect(["5", " 12.50 ", "1 000 000", "1_000"].map(readAmount)).toEqual([5, 12.5, 1_000_000, 1_000]);
  expect(["", "0", "0.0", "-1", "1e3", "1,5", ".5", "five", "Infinity"].map(readAmount)).toEqual(Array(9).fill(null));
});
