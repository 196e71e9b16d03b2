import { expect, test } from "vitest";
import { wordsOf } from "./executor";

const line = (level: number, more: object) => JSON.stringify({ level, time: 1, process: "runner", ...more });

test("of a runner's own log only what went wrong is said of its end, and of anything else all", () => {
  const cut = line(30, { msg: "claimed" }).slice(9);
  const written = [
    ...[cut, line(30, { msg: "a turn begins" }), "runner failed: no codex", "    at work (runner.mjs:1)"],
    ...[line(40, { err: { type: "Error", message: "the disk is full" }, msg: "the attempt cannot go on" })],
    ...[line(50, { msg: "lost" }), '{"level":"x","msg":"not ours"}', '{"broken "msg":}'],
  ];
  expect(wordsOf(written.join("\n")).split("\n")).toEqual([
    "runner failed: no codex",
    "    at work (runner.mjs:1)",
    "the attempt cannot go on: the disk is full",
    "lost",
    '{"level":"x","msg":"not ours"}',
    '{"broken "msg":}',
  ]);
  expect(wordsOf(line(30, { msg: "ended" }))).toBe("");
});
