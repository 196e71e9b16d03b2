import { expect, test } from "vitest";
import { createRunnerLog } from "@/supervisor/runner-log";
import { lastLines } from "./log-lines";

const lineOf = (text: string) => ({ at: null, text });

test("returns the last lines, bounded in number and length", () => {
  const lines = ["a", "b", "c"].map(lineOf);
  expect(lastLines(lines, 3)).toEqual({ lines, isCut: false });
  expect(lastLines(lines, 2)).toEqual({ lines: lines.slice(1), isCut: true });
  const [long] = lastLines([lineOf("x".repeat(5_000))], 1).lines;
  expect(long?.text).toMatch(/^x{4000}… \(1000 more\)$/);
  const many = lastLines(
    Array.from({ length: 1_000 }, () => lineOf("y".repeat(4_000))),
    1_000,
  );
  expect(many).toMatchObject({ isCut: true });
  expect(many.lines.length).toBeLessThan(70);
});

test("keeps only the last lines of a runner that writes without end", () => {
  const log = createRunnerLog();
  for (let index = 0; index < 3_000; index += 1) log.add(`line ${index}`);
  expect(log.read()).toMatchObject({ isCut: true });
  expect(log.read().lines).toHaveLength(2_000);
  expect(log.read().lines.at(-1)?.text).toBe("line 2999");
  for (let index = 0; index < 300; index += 1) log.add("z".repeat(10_000));
  const units = log.read().lines.reduce((sum, { text }) => sum + text.length, 0);
  expect(units).toBeLessThan(257 * 1024);
});
