import { expect, test } from "vitest";
import { eventAddress, storageAddress, taskAddress } from "./addresses";

test("an event's URL opens it among its run's events, for any id", () => {
  expect(eventAddress({ runId: "run_1", seq: 12 })).toBe("/runs/run_1?tab=events#e12");
  expect(eventAddress({ runId: "old/run#1", seq: 1 })).toBe("/runs/old%2Frun%231?tab=events#e1");
});

test("a session's storage is a tab of its page", () => {
  expect(storageAddress("s 1")).toBe("/sessions/s%201?tab=storage");
});

test("a task has a page of its own", () => {
  expect(taskAddress("qt/1")).toBe("/queue/qt%2F1");
});
