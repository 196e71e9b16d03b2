import { expect, test } from "vitest";
import { UsageLatencyInput } from "@/contract/usage";
import { SLOT_CALLS_MAX } from "@/db/queries/usage/read-latency";
import { storeModelCalls } from "@/db/queries/usage/store-model-calls";
import { createTestDatabase } from "@/db/test/database";
import { makeModelCall, makeRun } from "@/db/test/factories";
import type { ServiceContext } from "@/server/context";
import { tenantOperator, testContext } from "@/server/test/context";
import { latencyOfProfile } from ".";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const latency = (ctx: ServiceContext, input: Partial<UsageLatencyInput> = {}) =>
  latencyOfProfile(ctx, UsageLatencyInput.parse({ profile: "codex", ...input }));

/** Returns the beginning of an hour or day of UTC, so many before the present one. */
function stepAgo(count: number, stepMs: number): number {
  return (Math.floor(Date.now() / stepMs) - count) * stepMs;
}

test("returns how an hour's calls ended, and durations of complete answers", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const run = await makeRun(ctx.database.db);
  const fromMs = stepAgo(2, HOUR_MS);
  const at = (minutes: number) => ({ startedAt: new Date(fromMs + minutes * 60_000) });
  await storeModelCalls(ctx.pool, [
    ...Array.from({ length: 20 }, (_, n) =>
      makeModelCall(run, { ...at(n * 2.5), firstByteMs: 100 + n, durationMs: 1_000 + 10 * n }),
    ),
    // A refusal is fast and a broken call is slow; neither says how fast the model is.
    makeModelCall(run, { ...at(1), outcome: "refused", firstByteMs: 1, durationMs: 1, httpStatus: 429 }),
    makeModelCall(run, { ...at(2), outcome: "failed", firstByteMs: null, durationMs: 90_000, httpStatus: 502 }),
    makeModelCall(run, { ...at(3), outcome: "aborted", firstByteMs: 3, durationMs: 60_000 }),
    makeModelCall(run, { ...at(61), outcome: "failed", firstByteMs: null, durationMs: 5, httpStatus: 502 }),
    // Neither another profile's calls count nor those from before the window.
    makeModelCall(run, { ...at(4), backendProfile: "other", firstByteMs: 9, durationMs: 9 }),
    makeModelCall(run, { startedAt: new Date(stepAgo(24, HOUR_MS)), firstByteMs: 9, durationMs: 9 }),
  ]);
  const told = await latency(ctx);
  expect(Date.parse(told.from)).toBe(stepAgo(23, HOUR_MS));
  expect(told.stepMinutes).toBe(60);
  expect(told.items).toEqual([
    {
      at: new Date(fromMs).toISOString(),
      ...{ calls: 23, ok: 20, refused: 1, failed: 1, aborted: 1, isSampled: false },
      firstByte: { p50Ms: 109, p95Ms: 118 },
      whole: { p50Ms: 1_090, p95Ms: 1_180 },
    },
    {
      at: new Date(fromMs + HOUR_MS).toISOString(),
      ...{ calls: 1, ok: 0, refused: 0, failed: 1, aborted: 0, isSampled: false },
      ...{ firstByte: null, whole: null },
    },
  ]);
});

test("returns all hours of a day with more calls than are read, marked as a sample", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const run = await makeRun(ctx.database.db);
  const dayMs = stepAgo(3, DAY_MS);
  const calls = [0, 12, 23].flatMap((hour) =>
    Array.from({ length: SLOT_CALLS_MAX + 10 }, (_, n) =>
      makeModelCall(run, { startedAt: new Date(dayMs + hour * HOUR_MS + n), firstByteMs: hour, durationMs: 100 }),
    ),
  );
  await storeModelCalls(ctx.pool, [...calls, makeModelCall(run, { startedAt: new Date(dayMs + DAY_MS) })]);
  const month = await latency(ctx, { within: "30d" });
  expect(Date.parse(month.from)).toBe(stepAgo(29, DAY_MS));
  expect(month.items).toMatchObject([
    { at: new Date(dayMs).toISOString(), calls: 3 * SLOT_CALLS_MAX, isSampled: true, firstByte: { p50Ms: 12 } },
    { at: new Date(dayMs + DAY_MS).toISOString(), calls: 1, isSampled: false },
  ]);
  const week = await latency(ctx, { within: "7d" });
  expect(week.items.map(({ calls }) => calls)).toEqual([3 * SLOT_CALLS_MAX, 1]);
});

test("a tenant sees only its own calls for any input", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const [ours, theirs] = [
    await makeRun(ctx.database.db, { tenantId: "acme" }),
    await makeRun(ctx.database.db, { tenantId: "zeta" }),
  ];
  await storeModelCalls(ctx.pool, [makeModelCall(ours), makeModelCall(ours), makeModelCall(theirs)]);
  const acme = { ...ctx, actor: tenantOperator("acme") };
  const count = async (as: ServiceContext, input?: Partial<UsageLatencyInput>) =>
    (await latency(as, input)).items.reduce((sum, { calls }) => sum + calls, 0);
  expect(await count(ctx)).toBe(3);
  expect(await count(ctx, { tenantId: "zeta" })).toBe(1);
  expect(await count(acme)).toBe(2);
  expect(await count(acme, { tenantId: "zeta" })).toBe(0);
  expect(await count(acme, { profile: "nobody's" })).toBe(0);
});
