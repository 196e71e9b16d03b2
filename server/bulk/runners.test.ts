import { eq, like, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { CreateBulkInput } from "@/contract/bulk";
import { BULK_ACTIONS, type BulkVerb } from "@/contract/words";
import { audit, runners } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { launchPending } from "@/server/attempts";
import { ackCommand, finishCommand } from "@/server/commands";
import type { ServiceContext } from "@/server/context";
import { drainRunner, getRunner, listRunners, registerRunner, revokeRunner } from "@/server/runners";
import { claimRun, finishRun, heartbeatRun } from "@/server/runs";
import { tenantOperator, testContext } from "@/server/test/context";
import { runWithTurn, StubExecutor } from "@/server/test/stub-executor";
import { createBulk, getBulk, listBulkResults, previewBulk, retryBulk, runBulkActions, undoBulk } from ".";

const LOCAL = { settings: { executor: "local" as const, leaseMs: 0 } };
const VERBS = BULK_ACTIONS.runner;

/** Lets the worker do an action, and returns each runner's outcome. */
async function endOf(ctx: ServiceContext, bulkId: string) {
  while ((await runBulkActions({ ...ctx, actor: { kind: "system", name: "worker", tenantId: null } })) > 0);
  const { items } = await listBulkResults(ctx, { bulkId, limit: 200 });
  return {
    bulk: await getBulk(ctx, { bulkId }),
    became: Object.fromEntries(items.map(({ targetId, outcome, message }) => [targetId, message ?? outcome])),
  };
}

const doBulk = async (ctx: ServiceContext, input: CreateBulkInput) => endOf(ctx, (await createBulk(ctx, input)).id);

/** Launches a runner of this installation, with its turn under way. */
async function launched(ctx: ServiceContext, executor: StubExecutor, sessionId: string) {
  const { runId, commandId } = await runWithTurn(ctx, sessionId);
  await launchPending({ ctx, executor, attemptsMax: 20 });
  const runnerId = executor.launched.at(-1)?.runnerId ?? "";
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId, leaseMs: 20_000 });
  await ackCommand(ctx, { commandId, leaseEpoch });
  return { runId, commandId, leaseEpoch, runnerId };
}

/** Makes one runner of each kind that an order may meet. */
async function everySort(ctx: ServiceContext): Promise<void> {
  const executor = new StubExecutor();
  await launched(ctx, executor, "ses_busy");
  const drained = await launched(ctx, executor, "ses_drained");
  await drainRunner(ctx, { runnerId: drained.runnerId });
  const leaving = await launched(ctx, executor, "ses_leaving");
  const { runId, commandId, leaseEpoch } = leaving;
  await drainRunner(ctx, { runnerId: leaving.runnerId });
  await finishCommand(ctx, { commandId, leaseEpoch, terminalStatus: "completed" });
  await finishRun(ctx, { runId, leaseEpoch, terminalStatus: "completed" });
  const fenced = await launched(ctx, executor, "ses_fenced");
  await drainRunner(ctx, { runnerId: fenced.runnerId });
  await revokeRunner(ctx, { runnerId: fenced.runnerId });
  const gone = await launched(ctx, executor, "ses_gone");
  await drainRunner(ctx, { runnerId: gone.runnerId });
  await ctx.db.update(runners).set({ endedAt: new Date() }).where(eq(runners.id, gone.runnerId));
  for (const id of ["out_idle", "out_drained", "out_ended", "out_over"]) await registerRunner(ctx, { id });
  for (const runnerId of ["out_drained", "out_over"]) await drainRunner(ctx, { runnerId });
  await ctx.db.update(runners).set({ endedAt: new Date() }).where(sql`${runners.id} in ('out_ended', 'out_over')`);
}

test("a preview skips exactly the runners that would refuse the order", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  await everySort(ctx);
  const { items: told } = await listRunners(ctx, { limit: 50 });
  expect(told).toHaveLength(9);
  expect(new Set(told.map(({ state }) => state)).size, "their states differ").toBeGreaterThanOrEqual(5);
  const ids = told.map(({ id }) => id);
  for (const action of VERBS) {
    const preview = await previewBulk(ctx, { kind: "runner", action, ids });
    const skipped = Object.fromEntries(preview.items.map(({ id, skip }) => [id, skip !== null]));
    const refused = Object.fromEntries(told.map(({ id, refusals }) => [id, refusals[action] !== null]));
    expect(skipped, action).toEqual(refused);
    expect(preview.total - preview.skipped, action).toBeGreaterThan(0);
  }
  // Resuming is done to every runner that can be resumed, and to no other.
  const { became } = await doBulk(ctx, { kind: "runner", action: "resume", ids });
  for (const { id, drain, refusals } of told)
    expect([id, became[id]]).toEqual([
      id,
      refusals.resume === null ? "done" : drain === null ? "unchanged" : expect.stringContaining("cannot be ordered"),
    ]);
});

test("drains and resumes all runners of another build by filter, with one audit row each", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const busy = await launched(ctx, executor, "ses_old");
  const current = await launched(ctx, executor, "ses_new");
  await ctx.db.update(runners).set({ sourceCommit: "test" });
  await registerRunner(ctx, { id: busy.runnerId, runId: busy.runId, sourceCommit: "old" });
  await registerRunner(ctx, { id: "out", sourceCommit: "older" });
  await drainRunner(ctx, { runnerId: "out" });
  const filter = { state: "living" as const, skew: "build" as const };
  const asked = { kind: "runner", action: "drain", filter } as const;
  const preview = await previewBulk(ctx, asked);
  expect(preview).toMatchObject({
    total: 2,
    skipped: 1,
    reasons: [{ reason: "it is being drained already", count: 1 }],
  });

  const { bulk, became } = await doBulk(ctx, { ...asked, asOf: preview.asOf, reason: "a new build is out" });
  expect(bulk).toMatchObject({ state: "completed", total: 2, done: 1, unchanged: 1, refused: 0 });
  expect(became).toEqual({ [busy.runnerId]: "done", out: "unchanged" });
  const { runId, runnerId, leaseEpoch } = busy;
  expect(await heartbeatRun(ctx, { runId, runnerId, leaseEpoch })).toMatchObject({ isDraining: true });
  expect((await getRunner(ctx, { runnerId })).drain).toMatchObject({ reason: "a new build is out" });
  expect((await getRunner(ctx, { runnerId: current.runnerId })).drain).toBeNull();

  const undone = await undoBulk(ctx, { bulkId: bulk.id });
  expect((await endOf(ctx, undone.id)).became).toEqual({ [runnerId]: "done" });
  expect(await heartbeatRun(ctx, { runId, runnerId, leaseEpoch })).toMatchObject({ isDraining: false });
  expect((await getRunner(ctx, { runnerId: "out" })).drain, "it was drained before").not.toBeNull();
  const rows = await ctx.db.select().from(audit).where(like(audit.action, "runners.%"));
  expect(rows.filter(({ targetId }) => targetId === runnerId).map(({ action }) => action)).toEqual(
    expect.arrayContaining(["runners.drain", "runners.resume"]),
  );
});

test("revokes runner tokens once each; refused ones may be retried, and none is restored", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const executor = new StubExecutor();
  const held = await launched(ctx, executor, "ses_leaked");
  await registerRunner(ctx, { id: "idle" });
  const ids = [held.runnerId, "idle"];
  const { bulk, became } = await doBulk(ctx, { kind: "runner", action: "revoke", ids, reason: "a key leaked" });
  expect(became).toMatchObject({ [held.runnerId]: "done", idle: expect.stringContaining("holds no run") });
  await expect(
    heartbeatRun(ctx, { runId: held.runId, runnerId: held.runnerId, leaseEpoch: held.leaseEpoch }),
  ).rejects.toMatchObject({ reason: "lease-lost" });
  expect((await doBulk(ctx, { kind: "runner", action: "revoke", ids: [held.runnerId] })).became).toEqual({
    [held.runnerId]: "unchanged",
  });
  expect(await retryBulk(ctx, { bulkId: bulk.id })).toMatchObject({ total: 1, action: "revoke" });
  await expect(undoBulk(ctx, { bulkId: bulk.id })).rejects.toMatchObject({ reason: "already-terminal" });
});

test("a tenant's operator orders only its own tenant's runners", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, LOCAL);
  const { runnerId } = await launched(ctx, new StubExecutor(), "ses_ours");
  const stranger = ctx.as(tenantOperator("acme"));
  const drain = { kind: "runner", action: "drain" as BulkVerb } as const;
  expect(await previewBulk(stranger, { ...drain, filter: { state: "living" } })).toMatchObject({ total: 0 });
  const { became } = await doBulk(stranger, { ...drain, ids: [runnerId] });
  expect(became).toEqual({});
  const ours = tenantOperator("default");
  const viewer = ctx.as({ ...ours, role: "viewer" } as never);
  const scoped = ctx.as({ ...ours, scopes: ["bulk", "runs"] } as never);
  for (const other of [viewer, scoped])
    await expect(createBulk(other, { ...drain, ids: [runnerId] })).rejects.toMatchObject({ reason: "forbidden" });
  expect((await getRunner(ctx, { runnerId })).drain).toBeNull();
});
