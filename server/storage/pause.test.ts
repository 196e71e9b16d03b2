import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { audit } from "@/db/schema";
import { collectGarbage, evictStorage, getStorage, listGcHistory, pauseGc, resumeGc } from ".";
import { collectOne } from "./collect-one";
import { createTestStore, SYSTEM, tenantOperator } from "./test/context";
import { expire, makeUsedSession, readNote } from "./test/volume";

const GC = { dryRun: false, limit: 50 };
const REASON = "gc-paused: operator:admin stopped every collection: the fair";

test("while collections are paused nothing is evicted for anyone; a dry run still answers", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const [loop, cron] = ["storage-gc", "cron"].map((name) => store.as({ ...SYSTEM, name }));
  const sessionId = await makeUsedSession(ctx, { note: "kept" });
  await expire(ctx, sessionId);
  expect(await pauseGc(ctx, { reason: "the fair" })).toMatchObject({
    pause: { reason: "the fair", by: "operator:admin", at: expect.any(String) },
  });

  for (const by of [loop, cron])
    expect(await collectGarbage(by ?? ctx, GC)).toMatchObject({ evicted: [], kept: [{ sessionId, reason: REASON }] });
  await expect(collectGarbage(ctx, GC)).rejects.toMatchObject({ reason: "gc-paused" });
  await expect(collectGarbage(store.as(tenantOperator("default")), GC)).rejects.toMatchObject({ reason: "gc-paused" });
  expect((await collectGarbage(ctx, { ...GC, dryRun: true })).evicted).toMatchObject([{ sessionId }]);
  expect(await readNote(ctx, sessionId)).toBe("kept");
  const { items, schedule } = await listGcHistory(ctx, { limit: 5 });
  expect(items).toMatchObject([{ breaker: REASON, evicted: 0 }]);
  expect(schedule.pause).toMatchObject({ reason: "the fair" });

  expect(await resumeGc(ctx)).toMatchObject({ pause: null });
  expect(await resumeGc(ctx)).toMatchObject({ pause: null });
  expect((await collectGarbage(loop ?? ctx, GC)).evicted).toMatchObject([{ sessionId }]);
  const rows = await ctx.db.select().from(audit).where(eq(audit.targetId, "all")).orderBy(audit.id);
  expect(rows.map(({ action, actor }) => [action, actor])).toEqual([
    ["storage.pauseGc", "operator:admin"],
    ["storage.gc.collected", "system:storage-gc"],
    ["storage.resumeGc", "operator:admin"],
    ["storage.gc.collected", "system:storage-gc"],
  ]);
});

test("a pause during a collection stops further evictions", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "kept", isArchived: false });
  await expire(ctx, sessionId);
  // Pauses between the collection's two steps, while the archive is made.
  const put: typeof ctx.archive.put = async (...asked) => {
    await pauseGc(ctx, { reason: "the fair" });
    return ctx.archive.put(...asked);
  };
  const loop = store.as(SYSTEM);
  const stopped = await collectOne({ ...loop, archive: { ...ctx.archive, put } }, sessionId);
  expect(stopped).toEqual({ outcome: "kept", reason: REASON });
  expect(await getStorage(ctx, { sessionId })).toMatchObject({ storageState: "live" });
  expect(await collectOne(loop, sessionId)).toEqual({ outcome: "kept", reason: REASON });
  // An eviction that a person orders is not part of a collection.
  expect(await evictStorage(ctx, { sessionId })).toMatchObject({ storageState: "evicted" });
});

test("a tenant's caller cannot pause collections; a second reason replaces the first", async () => {
  await using store = await createTestStore();
  const own = store.as(tenantOperator("acme"));
  await expect(async () => pauseGc(own, { reason: "mine" })).rejects.toMatchObject({ reason: "forbidden" });
  await expect(async () => resumeGc(own)).rejects.toMatchObject({ reason: "forbidden" });
  await pauseGc(store.as(), { reason: "first" });
  expect(await pauseGc(store.as(), { reason: "second" })).toMatchObject({ pause: { reason: "second" } });
});
