import { expect, test } from "vitest";
import type { RunEvent } from "@/contract/event";
import { isInRange, matcherOf, stepTo, summarize, toNdjson } from "./summary";

const event = (type: string, payload: Record<string, unknown>): RunEvent => ({
  id: "evt_1",
  runId: "r",
  seq: 1,
  type,
  payload,
  createdAt: "x",
});

test("summarises any event in one line", () => {
  expect(summarize(event("command_execution", { command: "ls\n -la", status: "completed", exitCode: 0 }))).toBe(
    "completed · exit 0 · ls -la",
  );
  expect(summarize(event("backend_status", { phase: "run-claimed", runnerId: "x" }))).toBe("run-claimed");
  expect(summarize(event("file_change", { changes: [{ path: "a" }, null, { path: "b" }] }))).toContain("a, , b");
  expect(summarize(event("odd", {}))).toBe("{}");
});

test("search ignores case, quotes and line ends in payloads", () => {
  expect(matcherOf("full")(event("warning", { message: "Disk FULL" }))).toBe(true);
  expect(matcherOf("full")(event("warning", { message: "ok" }))).toBe(false);
  expect(matcherOf('says "no"\n')(event("odd", { message: 'It says "NO"\nand goes' }))).toBe(true);
});

test("an event's text is built once while typing", () => {
  let made = 0;
  const counted = event("odd", { toJSON: () => ({ made: ++made }) });
  expect(["m", "ma", "mad", "made"].map((typed) => matcherOf(typed)(counted))).toEqual([true, true, true, true]);
  expect(made).toBe(1);
});

test("jumps to the next and last failure from any position, and stops at the ends", () => {
  expect([stepTo([3, 9], null, 1), stepTo([3, 9], 3, 1), stepTo([3, 9], 9, 1)]).toEqual([3, 9, null]);
  expect([stepTo([3, 9], null, -1), stepTo([3, 9], 5, -1), stepTo([], null, -1)]).toEqual([9, 3, null]);
});

test("a time range includes events at its edges", () => {
  const at = (second: number) => ({ ...event("warning", {}), createdAt: `2026-11-22T10:00:0${second}.000Z` });
  const startMs = Date.parse("2026-11-22T10:00:00.000Z");
  const range = { fromMs: startMs + 1_000.4, toMs: startMs + 2_999.6 };
  expect([0, 1, 2, 3, 4].filter((second) => isInRange(at(second), range))).toEqual([1, 2, 3]);
  expect(isInRange(at(9), null)).toBe(true);
});

test("copied events are one JSON document per line", () => {
  expect(
    toNdjson([event("a", {}), event("b", { x: "1\n2" })])
      .split("\n")
      .map((line) => JSON.parse(line).type),
  ).toEqual(["a", "b"]);
});
