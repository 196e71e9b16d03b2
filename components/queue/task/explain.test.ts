import { expect, test } from "vitest";
import { canCancel, canRetry } from "@/components/queue/allowed-actions";
import { BLOCKER_KINDS } from "@/contract/queue";
import { blockerWords, needsPerson, ordinal, wordsOf } from "./explain";

const PLACE = { queue: "q", lane: "ci", concurrencyKey: "repo-1", sessionId: null, backendProfile: "demo" };
const TASK = {
  ...{ state: "pending" as const, cancelRequestedAt: null, parkedAt: null, nextAttemptAt: null },
  ...{ attemptCount: 0, deadLetter: null, runAt: null },
};

test("describes every kind of blocker, without ids", () => {
  const sentences = BLOCKER_KINDS.map((kind) => blockerWords({ kind, message: `told: ${kind}`, limit: 2 }, PLACE));
  expect(new Set(sentences).size).toBe(BLOCKER_KINDS.length);
  for (const words of sentences) expect(words).toMatch(/^[A-Z]/);
  expect(blockerWords({ kind: "lane-limit", message: "", limit: 2 }, PLACE)).toBe("Lane ci is at its limit (2)");
});

test("a recurring budget ends a wait by itself, and a session's does not", () => {
  expect(needsPerson({ kind: "budget-reached", until: "2026-01-02T00:00:00Z" })).toBe(false);
  expect(needsPerson({ kind: "budget-reached", until: null })).toBe(true);
  expect(needsPerson({ kind: "lane-limit", until: null })).toBe(false);
});

test("shows a task that is being cancelled as such while it runs", () => {
  expect(wordsOf(TASK).word).toBe("Waiting");
  expect(wordsOf({ ...TASK, attemptCount: 1, nextAttemptAt: "2026-01-01T00:00:00Z" }).word).toBe("Retrying");
  expect(wordsOf({ ...TASK, parkedAt: "2026-01-01T00:00:00Z" }).word).toBe("Parked");
  expect(wordsOf({ ...TASK, state: "dispatched" }).word).toBe("Starting");
  expect(wordsOf({ ...TASK, state: "running", cancelRequestedAt: "2026-01-01T00:00:00Z" }).word).toBe("Cancelling");
  expect(wordsOf({ ...TASK, state: "failed" }).word).toBe("Failed");
});

test("offers to cancel running tasks once, and to start a delayed retry now", () => {
  expect(canCancel({ state: "running", cancelRequestedAt: null })).toBe(true);
  expect(canCancel({ state: "running", cancelRequestedAt: "2026-01-01T00:00:00Z" })).toBe(false);
  expect(canCancel({ state: "completed", cancelRequestedAt: null })).toBe(false);
  expect(canRetry(TASK)).toBe(false);
  expect(canRetry({ ...TASK, nextAttemptAt: "2026-01-01T00:00:00Z" })).toBe(true);
  expect(canRetry({ ...TASK, state: "cancelled" })).toBe(true);
  expect(canRetry({ ...TASK, state: "running" })).toBe(false);
});

test("describes positions in words", () => {
  expect([1, 2, 3, 4, 11, 12, 21, 102, 113, 1_001].map(ordinal)).toEqual([
    "1st",
    "2nd",
    "3rd",
    "4th",
    "11th",
    "12th",
    "21st",
    "102nd",
    "113th",
    "1,001st",
  ]);
});
