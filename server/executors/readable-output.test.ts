import { expect, test } from "vitest";
import { readableOutput } from "./executor";

const line = (level: number, more: object) => JSON.stringify({ level, time: 1, process: "runner", ...more });

test("keeps only errors of a runner's structured log, and all of any other output", () => {
  const cut = line(30, { msg: "claimed" }).slice(9);
  const written = [
    ...[cut, line(30, { msg: "turn started" }), "runner failed: no codex", "    at work (runner.mjs:1)"],
    ...[line(40, { err: { type: "Error", message: "the disk is full" }, msg: "the attempt cannot continue" })],
    ...[line(50, { msg: "lost" }), '{"level":"x","msg":"not ours"}', '{"broken "msg":}'],
  ];
  expect(readableOutput(written.join("\n")).split("\n")).toEqual([
    "runner failed: no codex",
    "    at work (runner.mjs:1)",
    "the attempt cannot continue: the disk is full",
    "lost",
    '{"level":"x","msg":"not ours"}',
    '{"broken "msg":}',
  ]);
  expect(readableOutput(line(30, { msg: "ended" }))).toBe("");
});
