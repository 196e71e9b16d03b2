import { expect, test } from "vitest";
import type { QueueTask, TaskAttempt } from "@/contract/queue";
import { lifecycleOf } from "./lifecycle";

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const TASK = {
  ...{ queue: "q", lane: "l", priority: 1, state: "failed", createdAt: at(0), updatedAt: at(9), attemptCount: 2 },
  ...{ cancelRequestedAt: null, cancelledAt: null, cancelReason: null, parkedAt: null, nextAttemptAt: null },
  ...{ expiresAt: null, deadLetter: "attempts-exhausted" },
} as unknown as QueueTask;
const attempt = (number: number, more: Partial<TaskAttempt>): TaskAttempt =>
  ({
    ...{ attempt: number, runId: `run_${number}`, state: "failed", failureKind: "runner-lost", failureMessage: "gone" },
    ...{ dispatchedAt: at(number * 3), startedAt: at(number * 3 + 1), endedAt: at(number * 3 + 2), ...more },
  }) as TaskAttempt;

test("shows a task's history in order, whatever the order of attempts", () => {
  const moments = lifecycleOf(TASK, [attempt(2, {}), attempt(1, {})]);
  const times = moments.map((moment) => Date.parse(moment.at));
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(moments.map(({ runId }) => runId)).toEqual([null, "run_1", "run_1", "run_1", "run_2", "run_2", "run_2", null]);
  expect(moments.at(-1)?.text).toContain("All attempts failed");
  expect(moments[3]?.text).toBe("Attempt 1 failed: runner lost: gone");
});

test("a waiting task shows what is next, and nothing that did not happen", () => {
  const waiting = {
    ...TASK,
    state: "pending",
    deadLetter: null,
    nextAttemptAt: at(20),
    expiresAt: at(40),
  } as QueueTask;
  const moments = lifecycleOf(waiting, [attempt(1, { startedAt: null, endedAt: null })]);
  expect(moments.filter(({ isAhead }) => isAhead).map(({ at: when }) => when)).toEqual([at(20), at(40)]);
  expect(moments.filter(({ isAhead }) => !isAhead)).toHaveLength(2);
});
