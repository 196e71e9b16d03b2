import { expect, test } from "vitest";
import type { Run } from "@/contract/run";
import type { SessionSummary } from "@/contract/session";
import { explainRun, explainSession } from "./session-state";

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

test("what needs a person comes before what runs", () => {
  expect(explainSession(session({ executionState: "running", pendingApprovals: 2 }), run({}))).toMatchObject({
    state: "needs approval",
  });
  expect(explainSession(session({ executionState: "running" }), run({}))).toMatchObject({ word: "running" });
});

test("a cancelled run is cancelling until it is true", () => {
  expect(explainSession(session({ executionState: "running" }), run({ cancelRequestedAt: "x" })).word).toBe(
    "cancelling",
  );
  expect(explainRun(run({ cancelRequestedAt: "x", status: "cancelled" })).word).toBe("cancelled");
});

test("a running session whose run has no runner says that it waits", () => {
  expect(
    explainSession(session({ executionState: "running" }), run({ status: "pending", attemptCount: 0 })),
  ).toMatchObject({ word: "waiting" });
});

test("a run explains its lease: the holder, the attempt, the next step", () => {
  expect(explainRun(run({}))).toMatchObject({
    why: "Held by runner_1, attempt 2 of 3.",
    next: { at: "2026-11-22T10:00:20Z" },
  });
  expect(explainRun(run({ leaseState: "fencing", executionPolicy: { maxAttempts: 5 } })).why).toContain(
    "attempt 2 of 5",
  );
  expect(explainRun(run({ status: "failed", failureKind: "runner-lost" })).why).toBe("runner-lost");
});

test("a last turn's end is the session's word", () => {
  expect(
    explainSession(
      session({ executionState: "terminal", terminalStatus: "failed", failureKind: "backend-failed" }),
      null,
    ).why,
  ).toContain("backend-failed");
  expect(explainSession(session({ executionState: "terminal", terminalStatus: "completed" }), null).state).toBe(
    "completed",
  );
  expect(explainSession(session({}), null).word).toBe("idle");
});

test("a turn that has said nothing for long is silent, and says what to do, with or without a clock", () => {
  const silentSince = "2026-11-22T10:00:00Z";
  const nowMs = Date.parse(silentSince) + 660_000;
  const running = session({ executionState: "running", silentSince });
  for (const openRun of [null, run({})]) {
    expect(explainSession(running, openRun, nowMs)).toMatchObject({
      word: "silent",
      why: expect.stringMatching(/^Its turn has said nothing for 11 m.*Interrupt it/),
    });
    expect(explainSession(running, openRun)).toMatchObject({ why: expect.stringContaining("said nothing for long") });
  }
  expect(explainSession({ ...running, silentSince: null }, run({}), nowMs).word).toBe("running");
  expect(explainSession({ ...running, pendingApprovals: 1 }, run({}), nowMs).word).toBe("needs approval");
  expect(explainSession(running, run({ status: "pending" }), nowMs).word).toBe("waiting");
});
