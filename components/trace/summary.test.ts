import { expect, test } from "vitest";
import type { RunEvent } from "@/contract/event";
import { matches, summarize, toNdjson } from "./summary";

const event = (type: string, payload: Record<string, unknown>): RunEvent => ({
  id: "evt_1",
  runId: "r",
  seq: 1,
  type,
  payload,
  createdAt: "x",
});

test("one line says what an event is about, whatever is in it", () => {
  expect(summarize(event("command_execution", { command: "ls\n -la", status: "completed", exitCode: 0 }))).toBe(
    "completed · exit 0 · ls -la",
  );
  expect(summarize(event("backend_status", { phase: "run-claimed", runnerId: "x" }))).toBe("run-claimed");
  expect(summarize(event("file_change", { changes: [{ path: "a" }, null, { path: "b" }] }))).toContain("a, , b");
  expect(summarize(event("odd", {}))).toBe("{}");
});

test("search looks into payloads without minding case", () => {
  expect(matches(event("warning", { message: "Disk FULL" }), "full")).toBe(true);
  expect(matches(event("warning", { message: "ok" }), "full")).toBe(false);
});

test("copied events are one JSON document a line", () => {
  expect(
    toNdjson([event("a", {}), event("b", { x: "1\n2" })])
      .split("\n")
      .map((line) => JSON.parse(line).type),
  ).toEqual(["a", "b"]);
});
