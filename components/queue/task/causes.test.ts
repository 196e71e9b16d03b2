import { expect, test } from "vitest";
import type { QueueAttention } from "@/contract/queue-commander";
import { causesOf } from "./causes";

const item = (taskId: string | null, kind: QueueAttention["kind"], message: string): QueueAttention => ({
  ...{ kind, message, taskId, tenantId: "default", queue: "default", lane: "ci", title: taskId },
  ...{ approvalId: null, runId: null, sessionId: null, since: "2026-01-01T00:00:00.000Z" },
});
const shape = (items: QueueAttention[]) => causesOf(items).map((cause) => cause.map(({ taskId }) => taskId));

test("groups more than three tasks with the same failure at the first one's position", () => {
  const failed = ["a", "b", "c", "d"].map((id) => item(id, "dead-letter", "failed: no key"));
  const other = item("e", "dead-letter", "failed: timeout");
  expect(shape([...failed.slice(0, 1), other, ...failed.slice(1)])).toEqual([["a", "b", "c", "d"], ["e"]]);
  expect(shape([...failed.slice(0, 3), other])).toEqual([["a"], ["b"], ["c"], ["e"]]);
});

test("keeps items without a task or with their own decision separate", () => {
  const paused = Array.from({ length: 5 }, () => item(null, "paused", "queue default is paused"));
  const approvals = ["a", "b", "c", "d"].map((id) => item(id, "approval", "needs approval: ls"));
  expect(shape([...paused, ...approvals])).toHaveLength(9);
});
