import { expect, test } from "vitest";
import type { ScheduleFiring } from "@/contract/schedule";
import type { TaskState } from "@/contract/words";
import { conditionOf, countResults, describeStrip, notesOf, resultOf } from "./words";

const AT = "2026-01-01T09:00:00.000Z";
const taskIn = (state: TaskState) => ({ id: "qt_1", state, sessionId: null, runId: null, failureKind: null });
const firing = (more: Partial<ScheduleFiring>): ScheduleFiring => ({
  ...{ scheduleId: "sch_1", dueAt: AT, firedAt: AT, outcome: "created", isManual: false, missed: 0, message: null },
  ...{ holderTaskId: null, task: null, ...more },
});
const ended = (state: TaskState) => firing({ task: taskIn(state) });
const none = (outcome: "skipped" | "missed" | "refused", message = "why") => firing({ outcome, message });

test("a schedule whose last time brought no task is failing, and a pause takes precedence", () => {
  const wordOf = (isPaused: boolean, lastFiring: ScheduleFiring | null, nextAt: string | null = AT) =>
    conditionOf({ isPaused, lastFiring, nextAt }).word;
  expect(wordOf(false, null)).toBe("Active");
  expect(wordOf(false, ended("failed"))).toBe("Active");
  expect(wordOf(false, none("skipped"))).toBe("Active");
  expect(wordOf(false, none("missed"))).toBe("Failing");
  expect(wordOf(true, none("refused"))).toBe("Paused");
  expect(wordOf(true, null, null)).toBe("Paused");
  expect(wordOf(false, ended("completed"), null)).toBe("Ended");
  expect(wordOf(false, none("refused"), null)).toBe("Failing");
  expect(conditionOf({ isPaused: false, lastFiring: none("refused", "it drains"), nextAt: AT }).why).toBe("it drains");
});

test("a firing's outcome is its task's end, or why there is none", () => {
  expect([ended("completed"), ended("failed"), ended("cancelled")].map(resultOf)).toEqual([
    "completed",
    "failed",
    "cancelled",
  ]);
  expect([ended("pending"), ended("dispatched"), ended("running")].map(resultOf)).toEqual(["open", "open", "open"]);
  expect([firing({}), none("skipped"), none("missed"), none("refused")].map(resultOf)).toEqual([
    "gone",
    "skipped",
    "missed",
    "refused",
  ]);
});

test("describes the strip in words", () => {
  expect(describeStrip([])).toBe("Hasn't run yet");
  expect(describeStrip([ended("completed")])).toBe("Last 1 run: 1 completed");
  const strip = [none("refused"), ended("completed"), ended("running"), ended("completed"), none("skipped")];
  expect(describeStrip(strip)).toBe("Last 5 runs: 2 completed, 1 in progress, 1 skipped, 1 rejected");
  expect(countResults(strip).reduce((sum, [, count]) => sum + count, 0)).toBe(strip.length);
});

test("marks manual, late and catch-up firings", () => {
  expect(notesOf(firing({}))).toEqual([]);
  expect(notesOf(firing({ firedAt: "2026-01-01T09:00:04.000Z" }))).toEqual([]);
  expect(notesOf(firing({ isManual: true }))).toEqual(["run manually"]);
  expect(notesOf(firing({ firedAt: "2026-01-01T09:05:00.000Z", missed: 2 }))).toEqual(["5 m late", "covers 2 missed"]);
});
