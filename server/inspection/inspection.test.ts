import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import type { AttemptDetails, AttemptLog, RunJob, RunLog } from "@/contract/run-job";
import { attemptAsks, attemptRemains, runs } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { endAttempt, launchPending } from "@/server/attempts";
import type { ServiceContext } from "@/server/context";
import { createRun } from "@/server/runs";
import { type TestContext, tenantOperator, testContext } from "@/server/test/context";
import { runWithTurn, StubExecutor } from "@/server/test/stub-executor";
import { InspectionResponder, readRunJob, readRunLog, storeRemains } from ".";
import { askWorker } from "./ask";

const LOCAL = { settings: { executor: "local" as const } };
const TOKEN = `art_${"A".repeat(43)}`;
const DETAILS: AttemptDetails = {
  job: null,
  pod: null,
  process: { pid: 7, startedAt: "2026-01-01T00:00:00.000Z", endedAt: null, exitCode: null, signal: null },
  events: [],
  faults: [`refused for ${TOKEN}`],
};

function logOf(texts: string[]): AttemptLog {
  const lines = texts.map((text, index) => ({ at: `2026-01-01T00:00:0${index}.000Z`, text }));
  return { container: "runner", containers: ["runner"], lines, isCut: false, note: null };
}

/** Runs a worker that answers until the work is done. */
async function answering<T>(ctx: ServiceContext, executor: StubExecutor, work: Promise<T>): Promise<T> {
  const answerer = new InspectionResponder({ ctx, executor });
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  const worker = (async () => {
    while (!isDone) await answerer.pass();
  })();
  const [outcome] = await Promise.allSettled([done, worker]);
  if (outcome.status === "rejected") throw outcome.reason;
  return outcome.value;
}

async function launched(ctx: TestContext, executor: StubExecutor): Promise<{ runId: string; attemptId: string }> {
  const { runId } = await runWithTurn(ctx, "ses_one");
  await launchPending({ ctx, executor, attemptsMax: 8 });
  return { runId, attemptId: executor.launched[0]?.attemptId ?? "" };
}

test("a run without an attempt has nothing to inspect, and no executor is asked", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const { id: runId } = await createRun(ctx, { backendProfile: "codex" });
  const nothing = { runId, attemptId: null, source: "none", note: "No runner was started for it yet." };
  expect(await readRunJob(ctx, { runId })).toMatchObject({ ...nothing, executor: "local", details: null });
  expect(await readRunLog(ctx, { runId, tailLines: 5 })).toMatchObject({ ...nothing, container: null, lines: [] });
  const outside = { ...ctx, settings: { ...ctx.settings, executor: "none" as const } };
  expect((await readRunJob(outside, { runId })).note).toContain("started by somebody else");
  await expect(readRunJob(ctx, { runId, attemptId: "att_no" })).rejects.toMatchObject({ reason: "not-found" });
});

test("inspects a live attempt at the worker's executor, and redacts secrets before storing", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  executor.details = DETAILS;
  executor.logs = logOf(["claimed", `Bearer ${TOKEN}`, "nul \u0000"]);
  const { runId, attemptId } = await launched(ctx, executor);
  const job: RunJob = await answering(ctx, executor, readRunJob(ctx, { runId }));
  expect(job).toMatchObject({ attemptId, source: "live", details: { process: { pid: 7 } } });
  expect(job.details?.faults).toEqual(["refused for [redacted]"]);
  const log: RunLog = await answering(ctx, executor, readRunLog(ctx, { runId, tailLines: 5 }));
  expect(log.lines.map(({ text }) => text)).toEqual(["claimed", "Bearer [redacted]", "nul \ufffd"]);
  expect(ctx.woken).toContain("asks");
  // An answer is removed when it is read.
  expect(await ctx.db.select().from(attemptAsks)).toEqual([]);
});

test("reports a failing executor and a missing worker, and leaves no request behind", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const { runId, attemptId } = await launched(ctx, executor);
  executor.failure = new Error("socket hang up");
  await expect(answering(ctx, executor, readRunJob(ctx, { runId }))).rejects.toMatchObject({
    reason: "executor-unavailable",
    message: expect.not.stringContaining("socket"),
  });
  await expect(askWorker(ctx, { attemptId, ask: { what: "details" } }, 100)).rejects.toMatchObject({
    ...{ failureKind: "infra-failed", reason: "worker-unavailable" },
    message: expect.stringContaining("the worker did not answer"),
  });
  expect(await ctx.db.select().from(attemptAsks)).toEqual([]);
});

test("removes old requests, and limits how many wait", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const ask = { what: "details" as const };
  const rows = Array.from({ length: 64 }, (_, index) => ({ id: `ask_${index}`, attemptId: "att_1", ask }));
  await ctx.db.insert(attemptAsks).values(rows);
  await expect(askWorker(ctx, { attemptId: "att_1", ask })).rejects.toMatchObject({
    message: expect.stringContaining("too many"),
  });
  await ctx.pool.query("update agentrun_attempt_asks set asked_at = now() - interval '1 minute'");
  await new InspectionResponder({ ctx, executor: new StubExecutor() }).pass();
  expect(await ctx.db.select().from(attemptAsks)).toEqual([]);
});

test("keeps an ended attempt's remains, redacted and bounded, until its run is removed", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const { runId, attemptId } = await launched(ctx, executor);
  const lines = ["one", "two", `three ${TOKEN}`];
  await storeRemains(ctx, { attemptId, details: DETAILS, logs: [logOf(lines)] });
  // Reported twice: the later report is more complete.
  const long = logOf(["x".repeat(40_000), "y".repeat(40_000), ...lines]);
  await storeRemains(ctx, { attemptId, details: DETAILS, logs: [long] });
  // A report that came too late for the log removes nothing.
  await storeRemains(ctx, { attemptId, details: DETAILS, logs: [] });
  await endAttempt(ctx, attemptId, { code: 1, signal: null, message: "" });
  expect(await readRunJob(ctx, { runId })).toMatchObject({ source: "kept", details: { process: { pid: 7 } } });
  const log = await readRunLog(ctx, { runId, tailLines: 100 });
  expect(log).toMatchObject({ source: "kept", container: "runner", isCut: true });
  expect(log.lines.map(({ text }) => text.slice(0, 16))).toEqual(["y".repeat(16), "one", "two", "three [redacted]"]);
  const tail = await readRunLog(ctx, { runId, tailLines: 1 });
  expect(tail).toMatchObject({ isCut: true, lines: [{ text: "three [redacted]" }] });
  const late = await readRunLog(ctx, { runId, tailLines: 100, since: "2026-01-01T00:00:03Z" });
  expect(late.lines.map(({ text }) => text)).toEqual(["two", "three [redacted]"]);
  expect((await readRunLog(ctx, { runId, tailLines: 1, container: "prepare" })).note).toContain(
    "Nothing that it wrote",
  );

  await expect(readRunLog(ctx.as(tenantOperator("other")), { runId, tailLines: 1 })).rejects.toMatchObject({
    reason: "not-found",
  });
  await ctx.db.delete(runs).where(eq(runs.id, runId));
  expect(await ctx.db.select().from(attemptRemains)).toEqual([]);
  // Its run is gone, so nobody could read it.
  await storeRemains(ctx, { attemptId, details: DETAILS, logs: [] });
  expect(await ctx.db.select().from(attemptRemains)).toEqual([]);
});

test("an attempt without remains is gone, and an earlier one is found by its id", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const { runId, attemptId } = await launched(ctx, executor);
  await endAttempt(ctx, attemptId, { code: 1, signal: null, message: "" });
  expect(await readRunJob(ctx, { runId })).toMatchObject({ attemptId, source: "gone", details: null });
  await ctx.pool.query("update agentrun_runs set next_attempt_at = now() - interval '1 second'");
  await launchPending({ ctx, executor, attemptsMax: 8 });
  expect(executor.launched).toHaveLength(2);
  expect(await readRunJob(ctx, { runId, attemptId })).toMatchObject({ attemptId, source: "gone" });
  // The newest attempt exists, but its executor does not know it yet.
  const newest = await answering(ctx, executor, readRunJob(ctx, { runId }));
  expect(newest).toMatchObject({ attemptId: executor.launched[1]?.attemptId, source: "gone" });
});
