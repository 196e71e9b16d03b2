import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { archiveOrders, audit, orphanJobs, runnerJobs } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { makeSession } from "@/db/test/factories";
import { readOrphanJobs } from "@/server/metrics";
import { getRun } from "@/server/runs";
import { testContext } from "@/server/test/context";
import { runWithTurn, StubExecutor } from "@/server/test/stub-executor";
import { endAttempt, launchPending, readInstallationId, reconcileAttempts } from ".";

const LOCAL = { settings: { executor: "local" as const, leaseMs: 0 } };
const stray = { attemptId: "att_nobody", uid: "uid_1", name: "agentrun-nobody", isEnding: false };

test("reports an orphan at its first look, and ends it by uid at the second, with an audit row", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  await runWithTurn(ctx, "ses_live");
  await launchPending({ ctx, executor, attemptsMax: 8 });
  executor.strays = [stray];

  await reconcileAttempts({ ctx, executor });
  expect(await ctx.db.select().from(orphanJobs)).toMatchObject([
    { uid: "uid_1", why: "attempt-unknown", looks: 1, endedAt: null },
  ]);
  expect(await readOrphanJobs(ctx.database.db)).toBe(1);
  expect(executor.endedUids).toEqual([]);

  executor.endAnswer = "unconfirmed";
  await reconcileAttempts({ ctx, executor });
  expect(executor.endedUids).toEqual(["uid_1"]);
  expect(await readOrphanJobs(ctx.database.db)).toBe(1);

  executor.endAnswer = "gone";
  await reconcileAttempts({ ctx, executor });
  expect(await readOrphanJobs(ctx.database.db)).toBe(0);
  const [row] = await ctx.db.select().from(audit).where(eq(audit.action, "runnerJobs.endOrphan"));
  expect(row).toMatchObject({ targetId: "agentrun-nobody", details: { uid: "uid_1", attemptId: "att_nobody" } });
  // The attempt that is alive was never touched.
  expect(executor.endedUids).toEqual(["uid_1", "uid_1"]);
  const [job] = await ctx.db.select().from(runnerJobs);
  expect(job?.state).toBe("running");
});

test("a job that outlives its attempt is an orphan; one that is ending or already gone is not", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const { runId } = await runWithTurn(ctx, "ses_outlived");
  await launchPending({ ctx, executor, attemptsMax: 8 });
  const { attemptId = "" } = executor.launched[0] ?? {};
  await endAttempt(ctx, attemptId, { code: 1, signal: null, message: "told too early" });
  executor.strays = [stray, { ...stray, uid: "uid_2", attemptId: "att_going", isEnding: true }];
  await reconcileAttempts({ ctx, executor });
  expect(await ctx.db.select().from(orphanJobs).orderBy(orphanJobs.why)).toMatchObject([
    { uid: attemptId, why: "attempt-ended" },
    { uid: "uid_1", why: "attempt-unknown" },
  ]);

  executor.strays = [];
  await reconcileAttempts({ ctx, executor });
  expect(executor.endedUids).toEqual([attemptId]);
  expect((await ctx.db.select().from(orphanJobs)).map(({ uid }) => uid)).toEqual([attemptId]);
  // If that uid comes back, counting begins anew.
  executor.strays = [stray];
  await reconcileAttempts({ ctx, executor });
  expect(executor.endedUids).toEqual([attemptId, attemptId]);
  expect((await getRun(ctx, { runId })).status).toBe("pending");
});

test("an archiver becomes an orphan only when its order is gone", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const { sessionId } = await makeSession(ctx.database.db);
  await ctx.db
    .insert(archiveOrders)
    .values({ sessionId, tenantId: "default", attemptId: stray.attemptId, orderedBy: "person", state: "running" });
  executor.strays = [stray];
  for (const state of ["running", "launching", "ending"] as const) {
    await ctx.db.update(archiveOrders).set({ state });
    await reconcileAttempts({ ctx, executor });
    expect(await ctx.db.select().from(orphanJobs)).toEqual([]);
  }
  await ctx.db.delete(archiveOrders);
  for (let look = 0; look < 2; look += 1) await reconcileAttempts({ ctx, executor });
  expect(executor.endedUids).toEqual(["uid_1"]);
});

test("an archiver whose exit was missed is closed once it is gone, and its order waits for a retry", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const { sessionId } = await makeSession(ctx.database.db, { storageKind: "pvc", storageState: "live" });
  await ctx.db
    .insert(archiveOrders)
    .values({ sessionId, tenantId: "default", attemptId: stray.attemptId, orderedBy: "person", state: "running" });
  await reconcileAttempts({ ctx, executor });
  expect(await ctx.db.select().from(archiveOrders)).toMatchObject([{ state: "running" }]);
  executor.observation = "gone";
  await reconcileAttempts({ ctx, executor });
  expect(await ctx.db.select().from(archiveOrders)).toMatchObject([
    { state: "waiting", failure: "its process is gone" },
  ]);
});

test("an orphan that cannot be ended delays no other", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  executor.strays = Array.from({ length: 20 }, (_, index) => ({ ...stray, uid: `uid_${index}` }));
  const end = executor.endStarted.bind(executor);
  executor.endStarted = (started) => (started.uid === "uid_0" ? Promise.reject(new Error("forbidden")) : end(started));
  for (let look = 0; look < 2; look += 1) await reconcileAttempts({ ctx, executor });
  expect(executor.endedUids).toHaveLength(19);
});

test("ends nothing when the executor cannot be listed", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const { runId } = await runWithTurn(ctx, "ses_silent");
  await launchPending({ ctx, executor, attemptsMax: 8 });
  executor.observation = "gone";
  executor.list = () => {
    throw new Error("no answer");
  };
  await expect(reconcileAttempts({ ctx, executor })).rejects.toThrow("no answer");
  expect((await getRun(ctx, { runId })).attemptCount).toBe(0);
  expect((await ctx.db.select().from(runnerJobs)).map(({ state }) => state)).toEqual(["running"]);
});

test("an installation keeps one id", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const id = await readInstallationId(ctx);
  expect(id).toMatch(/^[0-9a-f-]{36}$/);
  expect(await readInstallationId(ctx)).toBe(id);
});
