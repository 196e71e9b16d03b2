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

test("waits are told step by step, each by those that began first in it", async () => {
  await using test = await createTestQueue();
  const nowMs = Date.now();
  const ago = (minutes: number) => new Date(nowMs - minutes * 60_000);
  const at = async (dispatchedAt: Date, waitMs: number, more: { queue?: string; tenantId?: string } = {}) =>
    began(test, 0, {
      dispatchedAt,
      endedAt: dispatchedAt,
      readyAt: new Date(dispatchedAt.getTime() - waitMs),
      ...more,
    });
  for (const waitMs of [100, 200, 300]) await at(ago(50), waitMs);
  await at(ago(20), 9_000, { queue: "slow" });
  await at(ago(20), 4_000, { queue: "slow", tenantId: "other" });
  await at(ago(200), 77);

  const { steps, stepMinutes } = await queueWaits(test.ctx, {});
  expect(stepMinutes).toBe(2);
  expect(steps.map(({ samples, p50Ms }) => [samples, p50Ms])).toEqual([
    [3, 200],
    [2, 6_500],
  ]);
  const [first, second] = steps.map(({ at }) => Date.parse(at));
  expect(Math.abs((second ?? 0) - (first ?? 0) - 30 * 60_000)).toBeLessThanOrEqual(stepMinutes * 60_000);
  expect((await queueWaits(test.ctx, { minutes: 240 })).steps).toHaveLength(3);
  expect((await queueWaits(test.ctx, { queue: "slow" })).steps).toMatchObject([{ samples: 2 }]);
  const other = { ...test.ctx, actor: tenantOperator("other") };
  expect((await queueWaits(other, {})).steps).toMatchObject([{ samples: 1, p50Ms: 4_000, p95Ms: 4_000 }]);
});
