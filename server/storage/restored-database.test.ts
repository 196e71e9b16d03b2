import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { ServiceContext } from "@/server/context";
import { collectGarbage, getStorage, listGcHistory, repairStorage } from ".";
import { createTestStore, SYSTEM, tenantOperator } from "./test/context";
import { expire, makeStoredSession, makeUsedSession } from "./test/volume";

const GC = { dryRun: false, limit: 50 };

/** Does what `renewFeedEpoch` does at the first start on another cluster than the dump was made on. */
async function restoreElsewhere(ctx: ServiceContext): Promise<void> {
  await ctx.db.execute(sql`update agentrun_feed_epoch set epoch = 'another', system_identifier = 'another'`);
}

test("after a restore from backup nothing is evicted automatically until a person has collected once", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const loop = store.as({ ...SYSTEM, name: "storage-gc" });
  const first = await makeUsedSession(ctx, { note: "first" });
  await expire(ctx, first);
  expect((await collectGarbage(loop, GC)).evicted).toHaveLength(1);

  const expired = await makeUsedSession(ctx, { note: "extended after the backup" });
  await expire(ctx, expired);
  const doomed = await makeStoredSession(ctx, { storageState: "deleting" });
  await restoreElsewhere(ctx);
  for (let pass = 0; pass < 100; pass += 1) {
    const report = await collectGarbage(loop, GC);
    expect(report.evicted).toEqual([]);
    expect(report.kept).toEqual([{ sessionId: expired, reason: expect.stringMatching(/^database-restored/) }]);
  }
  expect((await repairStorage(loop)).finished).toEqual([]);
  expect(await ctx.volumes.find(ctx.volumes.nameFor(doomed))).not.toBeNull();
  const [told, ...before] = (await listGcHistory(ctx, { limit: 50 })).items;
  expect(told).toMatchObject({ evicted: 0, kept: 1, breaker: expect.stringMatching(/^database-restored/) });
  // Recorded once an hour, not at every pass.
  expect(before).toMatchObject([{ evicted: 1, breaker: null }]);

  // A person of one tenant only releases that tenant's sessions.
  await collectGarbage(store.as(tenantOperator("acme")), GC);
  expect((await collectGarbage(loop, GC)).evicted).toEqual([]);
  await collectGarbage(ctx, { ...GC, dryRun: true });
  expect((await collectGarbage(loop, GC)).evicted).toEqual([]);

  const byHand = await collectGarbage(ctx, { ...GC, limit: 1 });
  expect(byHand.evicted.map((entry) => entry.sessionId).sort()).toEqual([doomed, expired].sort());
  const last = await makeUsedSession(ctx, { note: "last" });
  await expire(ctx, last);
  expect((await collectGarbage(loop, GC)).evicted).toHaveLength(1);
  expect(await getStorage(ctx, { sessionId: last })).toMatchObject({ storageState: "evicted" });
});

test("a restored database without earlier collections is collected", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "x" });
  await expire(ctx, sessionId);
  await restoreElsewhere(ctx);
  expect((await collectGarbage(store.as(SYSTEM), GC)).evicted).toHaveLength(1);
});
