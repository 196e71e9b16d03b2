import { expect, test } from "vitest";
import { findAll, plainText, readLines, toLogFile } from "./log-text";

const at = "2026-01-01T00:00:00.000Z";
const OURS = JSON.stringify({
  ...{ level: 40, time: 1, pid: 7, hostname: "h", process: "runner", runId: "run_1", attemptId: "att_1" },
  ...{ ending: { kind: "lost" }, why: "no beat", msg: "ended" },
});

test("a structured log line shows its message first; others stay unchanged", () => {
  const lines = [OURS, "runner failed: no codex", '{"level":30}', "{not json"].map((text) => ({ at, text }));
  expect(readLines(lines, false).map(({ level, text }) => [level, text])).toEqual([
    ["warn", 'ended  ending={"kind":"lost"}  why=no beat'],
    [null, "runner failed: no codex"],
    [null, '{"level":30}'],
    [null, "{not json"],
  ]);
  expect(readLines(lines, true)[0]).toMatchObject({ level: null, text: OURS });
  expect(toLogFile(readLines(lines, false).slice(0, 1), true)).toBe(`${at} ${OURS}\n`);
});

test("a line keeps its key when older ones are dropped", () => {
  const lines = ["2026-01-01T00:00:00.000Z", "2026-01-01T00:00:01.000Z", null].map((at) => ({ at, text: "x" }));
  const keys = readLines(lines, true).map(({ key }) => key);
  expect(new Set(keys).size).toBe(3);
  expect(readLines(lines.slice(1), true).map(({ key }) => key)).toEqual(keys.slice(1));
});

test("searches the text as shown", () => {
  const text = plainText("\u001b[31mred\u001b[0m \u202eRED");
  expect(text).toBe("red \\u{202e}RED");
  expect(findAll(text, "Red")).toEqual([
    { from: 0, to: 3 },
    { from: 12, to: 15 },
  ]);
  expect(findAll(text, "")).toEqual([]);
  expect(findAll("İ x", "x")).toEqual([]);
});
