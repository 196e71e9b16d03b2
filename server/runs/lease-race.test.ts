import { expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { expireLease, makeRun, makeSession } from "@/db/test/factories";
import { testContext } from "@/server/test/context";
import { claimRun, getRun, heartbeatRun } from ".";

/** Holds a lease's row on a connection of its own, so that a test decides who waits for it in which order. */
async function holdLease(database: TestDatabase, runId: string) {
  const holder = await database.connect();
  // A transaction keeps seeing the activity of its first query, so another connection watches.
  const watcher = await database.connect();
  await holder.query("begin");
  await holder.query("select from agentrun_leases where run_id = $1 for update", [runId]);
  return {
    async waiters(count: number): Promise<void> {
      await expect
        .poll(async () => {
          const { rows } = await watcher.query(
            `select count(*)::int as waiting from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock'`,
          );
          return rows[0].waiting;
        })
        .toBe(count);
    },
    release: () => holder.query("commit"),
  };
}

test("no takeover follows a late heartbeat that was accepted", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await makeRun(ctx.database.db);
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_a" });
  await expireLease(ctx.database.db, runId);
  const lease = await holdLease(database, runId);
  const beat = heartbeatRun(ctx, { runId, runnerId: "runner_a", leaseEpoch });
  await lease.waiters(1);
  const claim = claimRun(ctx, { runId, runnerId: "runner_b" });
  await lease.waiters(2);
  await lease.release();

  const [beaten, claimed] = await Promise.allSettled([beat, claim]);
  expect(beaten).toMatchObject({ status: "fulfilled", value: { claimedBy: "runner_a", leaseEpoch } });
  expect(claimed).toMatchObject({ status: "rejected", reason: { reason: "lease-held" } });
});

test("a heartbeat that waited while its session went to another run gets lease-lost", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { sessionId } = await makeSession(ctx.database.db);
  const old = await makeRun(ctx.database.db, { sessionId });
  const next = await makeRun(ctx.database.db, { sessionId });
  const { leaseEpoch } = await claimRun(ctx, { runId: old.id, runnerId: "runner_a" });
  await expireLease(ctx.database.db, old.id);
  const lease = await holdLease(database, old.id);
  const claim = claimRun(ctx, { runId: next.id, runnerId: "runner_b" });
  await lease.waiters(1);
  const beat = heartbeatRun(ctx, { runId: old.id, runnerId: "runner_a", leaseEpoch });
  await lease.waiters(2);
  await lease.release();

  const [claimed, beaten] = await Promise.allSettled([claim, beat]);
  expect(claimed).toMatchObject({ status: "fulfilled", value: { claimedBy: "runner_b" } });
  expect(beaten).toMatchObject({ status: "rejected", reason: { reason: "lease-lost" } });
  expect(await getRun(ctx, { runId: old.id })).toMatchObject({ status: "pending", claimedBy: null });
});
