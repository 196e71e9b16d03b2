import { expect, test } from "vitest";
import { queueAttempts } from "@/db/schema";
import { createTestQueue, type TestQueue } from "@/server/dispatcher/test/queue";
import { tenantOperator } from "@/server/test/context";
import { queueWaits, queueWaitsByHour } from ".";

const NOW_MS = Date.UTC(2026, 0, 1, 12);

/** Adds an attempt that began so long after its task was ready; the higher its number, the later. */
async function began(test: TestQueue, waitMs: number, more: Partial<typeof queueAttempts.$inferInsert> = {}) {
  const taskId = await test.add();
  const dispatchedAt = new Date(NOW_MS);
  await test.ctx.db.insert(queueAttempts).values({
    ...{ taskId, attempt: 1, tenantId: "default", projectId: "default", queue: "default", lane: "default" },
    ...{ state: "completed", readyAt: new Date(NOW_MS - waitMs), dispatchedAt, endedAt: dispatchedAt },
    ...more,
  });
}

test("returns a histogram of waits with median and 95th percentile", async () => {
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

test("waits are per queue, and a tenant sees only its own", async () => {
  await using test = await createTestQueue();
  await began(test, 100);
  await began(test, 2_000, { queue: "slow" });
  await began(test, 8_000, { tenantId: "other", queue: "slow" });
  expect((await queueWaits(test.ctx, { queue: "slow" })).samples).toBe(2);
  const other = { ...test.ctx, actor: tenantOperator("other") };
  expect(await queueWaits(other, {})).toMatchObject({ samples: 1, p50Ms: 8_000 });
  expect((await queueWaits(other, { tenantId: "default" })).samples).toBe(0);
});

test("groups waits by step, by when the starts happened", async () => {
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

const HOUR_MS = 3_600_000;

test("groups waits by hour, from tasks all over the hour, aligned to its minute", async () => {
  await using test = await createTestQueue();
  const hourMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
  const at = async (ms: number, waitMs: number, more: Partial<typeof queueAttempts.$inferInsert> = {}) =>
    began(test, 0, { dispatchedAt: new Date(ms), readyAt: new Date(ms - waitMs), ...more });
  const told = async (input: Parameters<typeof queueWaitsByHour>[1], ctx = test.ctx) =>
    (await queueWaitsByHour(ctx, input)).hours.map(({ at, samples, p50Ms }) => [
      (Date.parse(at) - hourMs) / HOUR_MS,
      ...[samples, p50Ms],
    ]);
  expect(await told({})).toEqual([]);
  // More attempts at the beginning of the hour than are sampled there, and one at its end.
  const taskId = await test.add();
  await test.ctx.db.insert(queueAttempts).values(
    Array.from({ length: 40 }, (_, index) => ({
      ...{ taskId, attempt: index + 1, tenantId: "default", projectId: "default", queue: "default", lane: "l" },
      ...{ state: "completed" as const, readyAt: new Date(hourMs - 5 * HOUR_MS - 1_000 + index) },
      ...{ dispatchedAt: new Date(hourMs - 5 * HOUR_MS + index), endedAt: new Date(hourMs) },
    })),
  );
  await at(hourMs - 4 * HOUR_MS - 60_000, 5_000);
  await at(hourMs - 3 * HOUR_MS + 29 * 60_000, 7_000, { queue: "slow" });
  await at(hourMs - 3 * HOUR_MS + 31 * 60_000, 9_000, { queue: "slow", tenantId: "other" });
  await at(hourMs - 48 * HOUR_MS, 3_000);
  await at(hourMs - 48 * HOUR_MS - 1, 3_000);
  expect(await told({ days: 2 })).toEqual([
    [-48, 1, 3_000],
    [-5, 16, 1_000],
    [-3, 2, 8_000],
  ]);
  expect(await told({ days: 2, queue: "slow" })).toEqual([[-3, 2, 8_000]]);
  expect(await told({ days: 2, queue: "slow", minuteOfHour: 30 })).toEqual([
    [-3.5, 1, 7_000],
    [-2.5, 1, 9_000],
  ]);
  const other = { ...test.ctx, actor: tenantOperator("other") };
  expect(await told({}, other)).toEqual([[-3, 1, 9_000]]);
  expect(await told({ projectId: "nothing" })).toEqual([]);
  expect(await queueWaitsByHour(test.ctx, { queue: "slow", days: 14 })).toMatchObject({
    ...{ queue: "slow", from: new Date(hourMs - 14 * 24 * HOUR_MS).toISOString() },
    hours: [{ samples: 2, p95Ms: 8_900 }],
  });
});
