import { expect, test } from "vitest";
import { queueAttempts } from "@/db/schema";
import { createTestQueue, type TestQueue } from "@/server/dispatcher/test/queue";
import { tenantOperator } from "@/server/test/context";
import { queueWaits } from ".";

const NOW_MS = Date.UTC(2026, 0, 1, 12);

/** An attempt that began so long after its task was ready, the later the higher its number. */
async function began(test: TestQueue, waitMs: number, more: Partial<typeof queueAttempts.$inferInsert> = {}) {
  const taskId = await test.add();
  const dispatchedAt = new Date(NOW_MS);
  await test.ctx.db.insert(queueAttempts).values({
    ...{ taskId, attempt: 1, tenantId: "default", projectId: "default", queue: "default", lane: "default" },
    ...{ state: "completed", readyAt: new Date(NOW_MS - waitMs), dispatchedAt, endedAt: dispatchedAt },
    ...more,
  });
}

test("waits are told by length, with the half and the nineteen of twenty", async () => {
  await using test = await createTestQueue();
  expect(await queueWaits(test.ctx, {})).toMatchObject({ samples: 0, p50Ms: null, p95Ms: null });
  for (const waitMs of [0, 999, 1_000, 20_000, 7_200_000]) await began(test, waitMs);
  const waits = await queueWaits(test.ctx, {});
  expect(waits.samples).toBe(5);
  expect(waits.p50Ms).toBe(1_000);
  expect(waits.p95Ms).toBeGreaterThan(20_000);
  expect(waits.buckets.map(({ tasks }) => tasks)).toEqual([2, 1, 0, 1, 0, 0, 0, 1]);
  expect(waits.buckets.at(-1)?.underMs).toBeNull();
});

test("a queue's waits are its own, and a tenant sees no other's", async () => {
  await using test = await createTestQueue();
  await began(test, 100);
  await began(test, 2_000, { queue: "slow" });
  await began(test, 8_000, { tenantId: "other", queue: "slow" });
  expect((await queueWaits(test.ctx, { queue: "slow" })).samples).toBe(2);
  const other = { ...test.ctx, actor: tenantOperator("other") };
  expect(await queueWaits(other, {})).toMatchObject({ samples: 1, p50Ms: 8_000 });
  expect((await queueWaits(other, { tenantId: "default" })).samples).toBe(0);
});
