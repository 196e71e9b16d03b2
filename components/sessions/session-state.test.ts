import { expect, test } from "vitest";
import type { Run } from "@/contract/run";
import type { SessionSummary } from "@/contract/session";
import { explainRun, explainRunOf, explainSession } from "./session-state";

const session = (more: Partial<SessionSummary>): SessionSummary =>
  ({
    silentSince: null,
    executionState: "idle",
    terminalStatus: null,
    failureKind: null,
    pendingApprovals: 0,
    storageKind: "pvc",
    storageState: "live",
    ...more,
  }) as SessionSummary;
const run = (more: Partial<Run>): Run =>
  ({
    status: "claimed",
    leaseState: "held",
    leaseExpiresAt: "2026-11-22T10:00:20Z",
    claimedBy: "runner_1",
    cancelRequestedAt: null,
    cancelReason: null,
    attemptCount: 2,
    nextAttemptAt: null,
    failureKind: null,
    failureMessage: null,
    executionPolicy: {},
    ...more,
  }) as Run;

test("needing a person takes precedence over running", () => {
  expect(explainSession(session({ executionState: "running", pendingApprovals: 2 }), run({}))).toMatchObject({
    state: "needs approval",
  });
  expect(explainSession(session({ executionState: "running" }), run({}))).toMatchObject({ word: "Running" });
});

test("a run with a requested cancellation is cancelling until it ends", () => {
  expect(explainSession(session({ executionState: "running" }), run({ cancelRequestedAt: "x" })).word).toBe(
    "Cancelling",
  );
  expect(explainRun(run({ cancelRequestedAt: "x", status: "cancelled" })).word).toBe("Cancelled");
});

test("a running session whose run has no runner is waiting", () => {
  expect(
    explainSession(session({ executionState: "running" }), run({ status: "pending", attemptCount: 0 })),
  ).toMatchObject({ word: "Waiting" });
});

test("a run explains its lease: holder, attempt and next step", () => {
  expect(explainRun(run({}))).toMatchObject({
    why: "Held by runner_1, attempt 2 of 3.",
    next: { at: "2026-11-22T10:00:20Z" },
  });
  expect(explainRun(run({ leaseState: "fencing", executionPolicy: { maxAttempts: 5 } })).why).toContain(
    "attempt 2 of 5",
  );
  expect(explainRun(run({ status: "failed", failureKind: "runner-lost" })).why).toBe("Runner lost");
});

test("a run whose agent waits for approvals says so, unless nobody could continue it", () => {
  expect(explainRun(run({}), 2)).toMatchObject({
    word: "Needs approval",
    why: expect.stringContaining("2 approvals are waiting"),
  });
  expect(explainRun(run({ leaseState: "expired" }), 1).word).toBe("Lease expired");
  expect(explainRun(run({ status: "completed" }), 1).word).toBe("Completed");
});

test("an idle session shows its last turn's outcome", () => {
  expect(
    explainSession(
      session({ executionState: "terminal", terminalStatus: "failed", failureKind: "backend-failed" }),
      null,
    ).why,
  ).toContain("backend error");
  expect(explainSession(session({ executionState: "terminal", terminalStatus: "completed" }), null).state).toBe(
    "completed",
  );
  expect(explainSession(session({}), null).word).toBe("Idle");
});

test("a turn without events for a while is silent, with what to do, with or without a clock", () => {
  const silentSince = "2026-11-22T10:00:00Z";
  const nowMs = Date.parse(silentSince) + 660_000;
  const running = session({ executionState: "running", silentSince });
  for (const openRun of [null, run({})]) {
    expect(explainSession(running, openRun, nowMs)).toMatchObject({
      word: "Silent",
      why: expect.stringMatching(/^No events for 11 m.*Interrupt the turn/),
    });
    expect(explainSession(running, openRun)).toMatchObject({ why: expect.stringContaining("No events for a while") });
  }
  expect(explainSession({ ...running, silentSince: null }, run({}), nowMs).word).toBe("Running");
  expect(explainSession({ ...running, pendingApprovals: 1 }, run({}), nowMs).word).toBe("Needs approval");
  expect(explainSession(running, run({ status: "pending" }), nowMs).word).toBe("Waiting");
});

test("a run agrees with its session: by the last turn, and red where that failed", () => {
  const ended = { executionState: "terminal", activeRunId: "run_1", lastRunId: "run_1" } as const;
  const done = session({ ...ended, terminalStatus: "completed" });
  const failed = session({ ...ended, terminalStatus: "failed" });
  expect(explainRunOf(done, run({ id: "run_1" }))).toMatchObject({
    state: "completed",
    word: "Completed · runner ready",
  });
  expect(explainRunOf(failed, run({ id: "run_1", status: "completed" }))).toMatchObject({
    ...{ state: "failed", word: "Completed · turn failed" },
  });
  expect(explainRunOf(done, run({ id: "run_1", status: "completed" })).word).toBe("Completed");
  expect(explainRunOf(failed, run({ id: "run_0", status: "completed" })).word).toBe("Completed");
  expect(explainRunOf({ ...done, executionState: "running", pendingApprovals: 1 }, run({ id: "run_1" })).word).toBe(
    "Needs approval",
  );
  expect(explainRunOf({ ...done, executionState: "running" }, run({ id: "run_1" })).word).toBe("Running");
});
