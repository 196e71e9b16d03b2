import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { FAILURE_KINDS } from "@/contract/errors";
import type { Run } from "@/contract/run";
import { explainWhy, type WhyFacts } from "./why";

const RUN: Run = {
  ...{ id: "run_1", tenantId: "t", projectId: "p", providerId: "default", backendProfile: "codex", workspaceRef: {} },
  ...{ sessionRef: null, taskId: null, resourceBundleRef: null, executionPolicy: {}, traceSink: null },
  ...{ status: "pending", terminalStatus: null, failureKind: null, failureMessage: null, claimedBy: null },
  ...{ createdAt: "2026-11-22T10:00:00.000Z", updatedAt: "2026-11-22T10:00:00.000Z", leaseExpiresAt: null },
  ...{ leaseEpoch: 0, leaseState: "none", cancelRequestedAt: null, cancelReason: null, attemptCount: 0 },
  ...{ nextAttemptAt: null, lastEventSeq: 0, version: 1, bodiesLoggedUntil: null, startedAt: null },
};
const explain = (run: Partial<Run>, facts: Partial<WhyFacts> = {}) =>
  explainWhy({
    ...{
      run: { ...RUN, ...run },
      pendingApprovals: 0,
      jobs: [],
      sessionRun: null,
      hasOpenCommand: true,
      lastTurn: null,
    },
    ...facts,
  });

const WAIT = {
  ...{ reason: "refused" as const, message: "exceeded quota: jobs", since: "2026-11-22T10:00:00.000Z", tries: 3 },
  nextTryAt: "2026-11-22T10:01:00.000Z",
};

const CASES = [
  explain({}),
  explain({}, { hasOpenCommand: false }),
  explain({}, { sessionRun: { id: "run_2" } }),
  explain({}, { jobs: [{ state: "launching", runnerId: "runner_1", wait: null }] }),
  explain({ nextAttemptAt: "2026-11-22T10:01:00.000Z", attemptCount: 1, executionPolicy: { maxAttempts: 5 } }),
  explain({ status: "claimed", leaseState: "held", claimedBy: "r" }, { pendingApprovals: 2 }),
  explain({ status: "claimed", leaseState: "fencing", claimedBy: "r", attemptCount: 2 }),
  explain({ status: "claimed", leaseState: "expired", claimedBy: "r" }),
  explain({ status: "claimed", leaseState: "held", claimedBy: "r", cancelRequestedAt: "2026-11-22T10:01:00.000Z" }),
  explain({ status: "cancelled", cancelReason: "enough", failureMessage: "enough" }),
  explain({}, { jobs: [{ state: "launching", runnerId: "runner_1", result: { waitsFor: "archiver" } }] }),
  explain({ status: "failed" }),
  explain({}, { jobs: [{ state: "launching", runnerId: "runner_1", wait: WAIT }] }),
  ...FAILURE_KINDS.map((failureKind) => explain({ status: "failed", failureKind, failureMessage: "it broke" })),
];

test("a run whose runner cannot start shows the refusal's message and the next try", () => {
  const why = explain({}, { jobs: [{ state: "launching", runnerId: "runner_1", wait: WAIT }] });
  expect(why).toMatchObject({ tone: "warn", message: WAIT.message, nextAt: WAIT.nextTryAt, doc: "launch-refused" });
});

test("every state except working and done shows its rule and what follows, under its own title", () => {
  expect(explain({ status: "completed" })).toBeNull();
  expect(explain({ status: "claimed", leaseState: "held", claimedBy: "r" })).toBeNull();
  for (const why of CASES)
    expect(why).toMatchObject({ rule: expect.stringMatching(/.{5}/), next: expect.stringMatching(/.{8}/) });
  expect(CASES.slice(0, 11).map((why) => why?.title)).toEqual([
    "Waiting for a runner",
    "Waiting for a command",
    "Waiting for its session",
    "Runner is starting",
    "Waiting for the next attempt",
    "Needs approval",
    "Stopping the old attempt",
    "Lease expired",
    "Cancelling",
    "Cancelled",
    "Waiting for an archiver",
  ]);
});

test("the reason names the holder, the number of attempts and the next try", () => {
  expect(CASES[2]?.holder).toEqual({ name: "Active run", runId: "run_2" });
  expect(CASES[3]?.holder).toMatchObject({ id: "runner_1" });
  expect(CASES[4]).toMatchObject({
    nextAt: "2026-11-22T10:01:00.000Z",
    rule: expect.stringContaining("attempt 1 of 5"),
  });
  expect(CASES[5]?.holder).toEqual({ name: "2 open approvals", isApproval: true });
  expect(CASES[6]).toMatchObject({ holder: { id: "r" }, rule: expect.stringContaining("attempt 2 of 3") });
  // A message that only repeats the reason is said once.
  expect(CASES[9]?.message).toBeUndefined();
  expect(CASES.at(-1)?.message).toBe("it broke");
});

test("a run that continues or ended well mentions its failed last turn", () => {
  const lastTurn = { state: "failed" as const, failureKind: "backend-failed", failureMessage: "no such model" };
  for (const status of ["claimed", "completed"] as const) {
    const why = explain({ status, leaseState: "held" }, { lastTurn });
    expect(why).toMatchObject({ title: "Last turn failed: backend error", message: "no such model", tone: "bad" });
  }
  expect(explain({ status: "completed" }, { lastTurn: { ...lastTurn, state: "completed" } })).toBeNull();
});

test("each links to an existing section of the runs document", () => {
  const text = readFileSync(path.resolve(import.meta.dirname, "../../docs/RUNS.md"), "utf8");
  const anchors = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = ""]) => title.toLowerCase().replaceAll(" ", "-"));
  for (const why of CASES) expect(anchors).toContain(why?.doc);
});
