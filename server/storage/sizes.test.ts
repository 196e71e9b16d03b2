import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { SIZES_MAX } from "@/db/queries/storage/read-volume-sizes";
import { sessions, volumeSizes } from "@/db/schema";
import { evictStorage, listSizes, refreshStorage } from ".";
import { createTestStore, tenantOperator } from "./test/context";
import { makeStoredSession, makeUsedSession } from "./test/volume";

const DAY_MS = 86_400_000;
const report = (sessionId: string, bytes: number) => ({
  ...{ sessionId, storageSizeBytes: bytes, storageFilesCount: 1, storageSha256: "b".repeat(64) },
});

test("records a volume's size at each turn's end and eviction, and hides it from other tenants", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "a turn" });
  const { items, measured } = await listSizes(ctx, { sessionId });
  expect(measured).toBe(items.length);
  expect(items.at(-1)?.sizeBytes).toBeGreaterThan(0);
  await ctx.db.update(volumeSizes).set({ measuredAt: new Date(Date.now() - DAY_MS) });
  await evictStorage(ctx, { sessionId });
  expect((await listSizes(ctx, { sessionId })).items.at(-1)).toMatchObject({ sizeBytes: 0, filesCount: 0 });
  await expect(listSizes(store.as(tenantOperator("acme")), { sessionId })).rejects.toMatchObject({
    reason: "not-found",
  });
});

test("of several reports in one second the last is kept", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx);
  let bytes = 0;
  // Sooner or later two reports fall into the same second.
  for (let measured = 0; measured === bytes; { measured } = await listSizes(ctx, { sessionId })) {
    bytes += 1;
    await refreshStorage(ctx, report(sessionId, bytes));
  }
  expect((await listSizes(ctx, { sessionId })).items.at(-1)?.sizeBytes).toBe(bytes);
});

test("thins a long history to a bounded number of points, from first to last", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeStoredSession(ctx);
  const startMs = Date.parse("2026-01-01T00:00:00Z");
  const days = 300;
  const rows = Array.from({ length: days * 10 }, (_, n) => ({
    ...{ sessionId, measuredAt: new Date(startMs + (n * DAY_MS) / 10), sizeBytes: n, filesCount: n },
  }));
  await ctx.db.insert(volumeSizes).values(rows);
  const { items, measured } = await listSizes(ctx, { sessionId });
  expect(measured).toBe(days * 10);
  expect(items.length).toBeLessThanOrEqual(SIZES_MAX);
  expect(items.length).toBeGreaterThan(SIZES_MAX * 0.9);
  expect(Date.parse(items[0]?.at ?? "")).toBeLessThan(startMs + 3 * DAY_MS);
  expect(items.at(-1)).toMatchObject({ sizeBytes: days * 10 - 1 });
  const sizes = items.map(({ sizeBytes }) => sizeBytes);
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  // They are removed with their session.
  await ctx.db.delete(sessions).where(eq(sessions.sessionId, sessionId));
  expect(await ctx.db.select().from(volumeSizes)).toEqual([]);
});
