import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { CreateScheduleInput, ListFiringsInput, type UpdateScheduleInput } from "@/contract/schedule";
import { CreateWebhookInput } from "@/contract/webhook";
import { WEBHOOK_EVENTS } from "@/contract/words";
import { queueTasks, runs, scheduleFirings, schedules, webhookEvents } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import type { ServiceContext } from "@/server/context";
import { dispatchTasks } from "@/server/dispatcher";
import { getOverview } from "@/server/overview";
import { cancelTask, createTask, setControlState } from "@/server/queue";
import { claimRun } from "@/server/runs";
import { createSession } from "@/server/sessions";
import { tenantOperator, testContext } from "@/server/test/context";
import { createWebhook } from "@/server/webhooks";
import {
  countOverdueSchedules,
  createSchedule,
  deleteSchedule,
  fireSchedules,
  listFailingSchedules,
  listFirings,
  readSchedule,
  triggerSchedule,
  updateSchedule,
} from ".";

const TASK = { title: "Triage", backendProfile: "codex", payload: { text: "Triage what is new." }, metadata: { a: 1 } };
/** Fires once a year, so that only what these tests do by hand fires, at whatever hour they run. */
const make = (ctx: ServiceContext, input: Partial<CreateScheduleInput> = {}) =>
  createSchedule(ctx, CreateScheduleInput.parse({ name: "triage", cron: "@yearly", task: TASK, ...input }));

const DUE_MS = Math.floor(Date.now() / 60_000) * 60_000;
/**
 * Moves a schedule's next time into the past, to the same time in all of these tests, as if nobody had looked since.
 */
async function makeDue(ctx: ServiceContext, scheduleId: string, agoMs = 0): Promise<void> {
  const nextAt = new Date(DUE_MS - agoMs);
  await ctx.db.update(schedules).set({ nextAt }).where(eq(schedules.id, scheduleId));
}
/** Makes it look as if nobody had looked for two days. A yearly plan has no other time in between. */
async function makeMissed(ctx: ServiceContext, scheduleId: string): Promise<void> {
  const nextAt = sql`clock_timestamp() - interval '2 days'`;
  await ctx.db.update(schedules).set({ nextAt }).where(eq(schedules.id, scheduleId));
}
/** Returns the last firings, the newest first. */
const came = async (ctx: ServiceContext, scheduleId: string) =>
  (await listFirings(ctx, ListFiringsInput.parse({ scheduleId }))).items;
const tasksOf = (ctx: ServiceContext) => ctx.db.select().from(queueTasks).orderBy(queueTasks.createdAt);
/** Makes it look as if its time had come again; otherwise the same time fires only once. */
async function forget(ctx: ServiceContext, scheduleId: string): Promise<void> {
  const dueAt = sql`${scheduleFirings.dueAt} - interval '5 minutes'`;
  await ctx.db.update(scheduleFirings).set({ dueAt }).where(eq(scheduleFirings.scheduleId, scheduleId));
  await ctx.db.update(queueTasks).set({ idempotencyKey: sql`${queueTasks.idempotencyKey} || ' before'` });
}
async function again(ctx: ServiceContext, scheduleId: string): Promise<void> {
  await forget(ctx, scheduleId);
  await makeDue(ctx, scheduleId);
  await fireSchedules(ctx);
}

test("adds a task when a schedule is due, and sets the schedule's next time", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id } = await make(ctx, { task: { ...TASK, queue: "chores", expiresAfterMs: 3_600_000 } });
  expect(await fireSchedules(ctx)).toBe(0);
  await makeDue(ctx, id);
  expect(await fireSchedules(ctx)).toBe(1);
  expect(await fireSchedules(ctx)).toBe(0);
  const [task] = await tasksOf(ctx);
  const schedule = await readSchedule(ctx, id);
  expect(Date.parse(schedule.nextAt ?? "")).toBeGreaterThan(Date.now());
  expect(schedule).toMatchObject({ version: 1, lastFiring: { outcome: "created", missed: 0 } });
  const dueAt = schedule.lastFiring?.dueAt ?? "";
  expect(task).toMatchObject({
    queue: "chores",
    title: "Triage",
    metadata: { a: 1, scheduleId: id },
    state: "pending",
  });
  expect(task?.expiresAt).toEqual(new Date(Date.parse(dueAt) + 3_600_000));
  expect(schedule.lastFiring?.task).toMatchObject({ id: task?.id, state: "pending" });
  expect(await came(ctx, id)).toEqual([schedule.lastFiring]);
});

test("wakes the dispatcher, and the task becomes a run like any other", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, { settings: { executor: "local", runnersMax: 4 } });
  const { id } = await make(ctx);
  await makeDue(ctx, id);
  await fireSchedules(ctx);
  expect(ctx.woken).toContain("queue");
  expect(await dispatchTasks(ctx, { runnersMax: 4 })).toBe(1);
  expect((await readSchedule(ctx, id)).lastFiring?.task).toMatchObject({
    state: "dispatched",
    sessionId: expect.stringMatching(/^ses_/),
  });
});

test("concurrent passes add one task for each time", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, { poolMax: 8 });
  const made = await Promise.all(Array.from({ length: 60 }, (_, n) => make(ctx, { name: `n${n}` })));
  for (const { id } of made) await makeDue(ctx, id);
  const fired = await Promise.all(Array.from({ length: 8 }, () => fireSchedules(ctx)));
  expect(fired.reduce((sum, count) => sum + count, 0)).toBe(60);
  const ids = (await tasksOf(ctx)).map(({ metadata }) => metadata.scheduleId);
  expect([...ids].sort()).toEqual(made.map(({ id }) => id).sort());
});

test("fires one time once, also when it is set back by hand, its firing is lost or its task has changed", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: scheduleId } = await make(ctx, { overlap: "replace" });
  const { id: well } = await make(ctx, { name: "well" });
  await makeDue(ctx, scheduleId);
  await fireSchedules(ctx);
  await makeDue(ctx, scheduleId);
  await makeDue(ctx, well);
  expect(await fireSchedules(ctx)).toBe(1);
  expect(await came(ctx, scheduleId)).toMatchObject([{ outcome: "created", task: { state: "pending" } }]);
  const [task] = await tasksOf(ctx);
  await updateSchedule(ctx, { scheduleId, task: { ...TASK, title: "Another" } });
  await ctx.db.delete(scheduleFirings).where(eq(scheduleFirings.scheduleId, scheduleId));
  await makeDue(ctx, scheduleId);
  await fireSchedules(ctx);
  expect(await came(ctx, scheduleId)).toMatchObject([{ outcome: "created", task: { id: task?.id, state: "pending" } }]);
  expect(await tasksOf(ctx)).toHaveLength(2);
});

test("a task that already uses a time's key is not taken for its firing", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id } = await make(ctx, { catchUpMs: 604_800_000 });
  const dueAt = new Date(Math.floor(Date.now() / 60_000) * 60_000);
  await createTask(ctx, { ...TASK, title: "Another's", idempotencyKey: `schedule ${id} ${dueAt.toISOString()}` });
  await ctx.db.update(schedules).set({ nextAt: dueAt }).where(eq(schedules.id, id));
  await fireSchedules(ctx);
  expect(await came(ctx, id)).toMatchObject([
    { outcome: "refused", message: expect.stringMatching(/idempotency key/) },
  ]);
});

test("a locked schedule delays no other, and fires once it is unlocked", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, { poolMax: 4 });
  const { id: replacing } = await make(ctx, { overlap: "replace", name: "replacing" });
  await triggerSchedule(ctx, { scheduleId: replacing });
  const held = await Promise.all(Array.from({ length: 50 }, (_, n) => make(ctx, { name: `held ${n}` })));
  const { id: well } = await make(ctx, { name: "well" });
  for (const { id } of [{ id: replacing }, ...held]) await makeDue(ctx, id, 300_000);
  await makeDue(ctx, well);
  const holder = await database.connect();
  await holder.query("begin; select from agentrun_queue_tasks for update");
  const ids = held.map(({ id }) => id);
  await holder.query("select from agentrun_schedules where id = any($1) for update", [ids]);
  expect(await fireSchedules(ctx)).toBe(1);
  expect(await came(ctx, well)).toMatchObject([{ outcome: "created" }]);
  await holder.query("rollback");
  await holder.end();
  expect(await fireSchedules(ctx)).toBe(51);
  expect((await came(ctx, replacing)).map(({ outcome }) => outcome)).toEqual(["created", "created"]);
});

test("catches up only the last missed time, and only if it is recent enough", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id } = await make(ctx, { cron: "*/5 * * * *" });
  await makeDue(ctx, id, 30 * 60_000);
  expect(await countOverdueSchedules(ctx.database.db)).toBe(1);
  await fireSchedules(ctx);
  expect(await countOverdueSchedules(ctx.database.db)).toBe(0);
  const [firing] = await came(ctx, id);
  expect(firing).toMatchObject({ outcome: "created" });
  // Depends on where in its five minutes the test runs.
  expect([5, 6, 7]).toContain(firing?.missed);

  const yearly = await make(ctx, { name: "yearly", cron: "@yearly", catchUpMs: 0 });
  await makeMissed(ctx, yearly.id);
  await fireSchedules(ctx);
  expect(await came(ctx, yearly.id)).toMatchObject([
    { outcome: "missed", task: null, message: expect.stringMatching(/nobody came to it/) },
  ]);
  expect(await tasksOf(ctx)).toHaveLength(1);
});

test("skips a time while an earlier task is open", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id } = await make(ctx);
  await makeDue(ctx, id);
  await fireSchedules(ctx);
  const [first] = await tasksOf(ctx);
  await again(ctx, id);
  expect((await came(ctx, id))[0]).toMatchObject({ outcome: "skipped", task: null, holderTaskId: first?.id });
  expect((await came(ctx, id))[0]?.message).toContain(`${first?.id} has not ended: it is pending`);
  await again(ctx, id);
  await cancelTask(ctx, { taskId: first?.id ?? "" });
  await again(ctx, id);
  expect((await came(ctx, id)).map(({ outcome }) => outcome)).toEqual(["created", "skipped", "skipped", "created"]);
});

test("with overlap allow adds a second task, and with replace cancels the earlier one", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: scheduleId } = await make(ctx, { overlap: "allow" });
  await makeDue(ctx, scheduleId);
  await fireSchedules(ctx);
  await again(ctx, scheduleId);
  expect((await tasksOf(ctx)).map(({ state }) => state)).toEqual(["pending", "pending"]);
  await updateSchedule(ctx, { scheduleId, overlap: "replace" });
  await again(ctx, scheduleId);
  expect((await tasksOf(ctx)).map(({ state, cancelReason }) => [state, cancelReason])).toEqual([
    ["cancelled", "the next time of its schedule has come"],
    ["cancelled", "the next time of its schedule has come"],
    ["pending", null],
  ]);
});

test("with overlap replace also cancels a running task's run", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, { settings: { executor: "local", runnersMax: 4 } });
  const { id: scheduleId } = await make(ctx, { overlap: "replace" });
  await makeDue(ctx, scheduleId);
  await fireSchedules(ctx);
  await dispatchTasks(ctx, { runnersMax: 4 });
  const [run] = await ctx.db.select().from(runs);
  await claimRun(ctx, { runId: run?.id ?? "", runnerId: "r" });
  await again(ctx, scheduleId);
  expect(await tasksOf(ctx)).toMatchObject([
    { state: "running", cancelRequestedAt: expect.any(Date), cancelReason: "the next time of its schedule has come" },
    { state: "pending" },
  ]);
  expect(await ctx.db.select().from(runs)).toMatchObject([{ status: "claimed", cancelRequestedAt: expect.any(Date) }]);
});

test("does not catch up a task that would have expired", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id } = await make(ctx, {
    cron: "@yearly",
    catchUpMs: 604_800_000,
    task: { ...TASK, expiresAfterMs: 3_600_000 },
  });
  await makeMissed(ctx, id);
  await fireSchedules(ctx);
  expect(await came(ctx, id)).toMatchObject([{ outcome: "missed", message: expect.stringMatching(/expired/) }]);
});

test("records a missed time older than the firings' retention", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id } = await make(ctx, { cron: "@yearly" });
  const nextAt = sql`clock_timestamp() - interval '40 days'`;
  await ctx.db.update(schedules).set({ nextAt, cron: "0 0 29 2 *" }).where(eq(schedules.id, id));
  await fireSchedules(ctx);
  expect(await came(ctx, id)).toMatchObject([{ outcome: "missed" }]);
  expect(await readSchedule(ctx, id)).toMatchObject({ lastFiring: { outcome: "missed" } });
});

test("ends a schedule after its last time, even if an older worker set a next one", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: scheduleId } = await make(ctx, { cron: "* * * * *" });
  await makeDue(ctx, scheduleId);
  await ctx.db.update(schedules).set({ endsAt: new Date(DUE_MS) });
  await fireSchedules(ctx);
  expect(await readSchedule(ctx, scheduleId)).toMatchObject({ nextAt: null, isPaused: false, version: 1 });
  expect(await came(ctx, scheduleId)).toMatchObject([{ outcome: "created", missed: 0 }]);
  // It may be paused and resumed; only another end gives it times again.
  await updateSchedule(ctx, { scheduleId, isPaused: true });
  expect(await updateSchedule(ctx, { scheduleId, isPaused: false })).toMatchObject({ nextAt: null });
  await ctx.db.update(schedules).set({ nextAt: new Date(DUE_MS), endsAt: new Date(DUE_MS - 60_000) });
  await fireSchedules(ctx);
  expect(await readSchedule(ctx, scheduleId)).toMatchObject({ nextAt: null });
  expect(await came(ctx, scheduleId)).toHaveLength(1);
  const resumed = await updateSchedule(ctx, { scheduleId, endsAt: null });
  expect(Date.parse(resumed.nextAt ?? "")).toBeGreaterThan(Date.now());
});

test("catches up nothing after a schedule's end", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id } = await make(ctx, { cron: "* * * * *", catchUpMs: 604_800_000 });
  await makeDue(ctx, id, 600_000);
  const endsAt = new Date(DUE_MS - 300_000);
  await ctx.db.update(schedules).set({ endsAt });
  await fireSchedules(ctx);
  expect(await came(ctx, id)).toMatchObject([{ outcome: "created", missed: 5, dueAt: endsAt.toISOString() }]);
});

test("spreads tasks over the jitter, each at the same offset in every pass", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const jitterMs = 3_600_000;
  const task = { ...TASK, expiresAfterMs: 7_200_000 };
  const made = await Promise.all(Array.from({ length: 20 }, (_, n) => make(ctx, { name: `n${n}`, jitterMs, task })));
  for (const { id } of made) await makeDue(ctx, id);
  await fireSchedules(ctx);
  const strewn = await tasksOf(ctx);
  const late = strewn.map(({ runAt }) => (runAt?.getTime() ?? Number.NaN) - DUE_MS);
  expect(late.every((ms) => ms >= 0 && ms < jitterMs)).toBe(true);
  expect(new Set(late).size).toBeGreaterThan(15);
  expect(Math.max(...late) - Math.min(...late)).toBeGreaterThan(jitterMs / 2);
  expect(strewn.map(({ expiresAt, runAt }) => Number(expiresAt) - Number(runAt))).toEqual(Array(20).fill(7_200_000));
  // The same time again has the same key, so it gives the same task with the same time to run.
  const [{ id = "" } = {}] = made;
  await ctx.db.delete(scheduleFirings).where(eq(scheduleFirings.scheduleId, id));
  await makeDue(ctx, id);
  await fireSchedules(ctx);
  expect(await tasksOf(ctx)).toHaveLength(20);
  // A task that is triggered now waits for no time.
  await triggerSchedule(ctx, { scheduleId: id });
  expect((await tasksOf(ctx)).at(-1)?.runAt).toBeNull();
});

test("a tenant's schedule reveals nothing of another tenant's session", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const one = ctx.as(tenantOperator("t1"));
  const { id: scheduleId } = await make(one, { task: { ...TASK, sessionId: "ses_guess" } });
  await createSession(ctx, { sessionId: "ses_guess", backendProfile: "codex", tenantId: "t2" });
  await makeDue(ctx, scheduleId);
  await fireSchedules(ctx);
  expect(await came(one, scheduleId)).toMatchObject([{ outcome: "refused", message: "there is no session ses_guess" }]);
  for (const act of [
    () => triggerSchedule(ctx.as(tenantOperator("t2")), { scheduleId }),
    () => came(ctx.as(tenantOperator("t2")), scheduleId),
  ])
    await expect(act()).rejects.toMatchObject({ reason: "not-found" });
});

test("records a refused task with its reason, and tries the next time", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id } = await make(ctx);
  const { id: well } = await make(ctx, { name: "well", task: { ...TASK, queue: "other" } });
  await setControlState(ctx, { queue: "default" }, "draining");
  for (const schedule of [id, well]) await makeDue(ctx, schedule);
  expect(await fireSchedules(ctx)).toBe(2);
  expect((await came(ctx, id))[0]).toMatchObject({
    outcome: "refused",
    task: null,
    message: expect.stringMatching(/being drained/),
  });
  expect((await came(ctx, well))[0]).toMatchObject({ outcome: "created" });
  const failing = () => listFailingSchedules(ctx, { tenantId: null, max: 9 });
  expect(await failing()).toMatchObject([{ name: "triage" }]);
  expect(await listFailingSchedules(ctx, { tenantId: "other", max: 9 })).toEqual([]);
  await setControlState(ctx, { queue: "default" }, "open");
  await again(ctx, id);
  expect((await came(ctx, id))[0]).toMatchObject({ outcome: "created" });
  expect(await failing()).toEqual([]);
});

test("the overview lists the first failing schedules and counts all", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await setControlState(ctx, { queue: "default" }, "draining");
  for (let n = 0; n < 25; n += 1) await makeDue(ctx, (await make(ctx, { name: `n${n}` })).id);
  expect(await fireSchedules(ctx)).toBe(25);
  const { needs, needCounts } = await getOverview(ctx, {});
  const failing = needs.filter(({ kind }) => kind === "schedule-failing");
  expect(failing).toHaveLength(20);
  expect(failing[0]).toMatchObject({ title: "n0", tenantId: "default", message: expect.stringMatching(/drained/) });
  expect(needCounts).toContainEqual({ kind: "schedule-failing", count: 25, hasMore: false });
});

test("notifies webhooks of missed and refused times only", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: webhookId } = await createWebhook(
    ctx,
    CreateWebhookInput.parse({ name: "pager", url: "https://pager.example/", events: [...WEBHOOK_EVENTS] }),
  );
  const { id } = await make(ctx);
  await makeDue(ctx, id);
  await fireSchedules(ctx);
  await again(ctx, id);
  expect(await ctx.db.$count(webhookEvents)).toBe(0);
  await updateSchedule(ctx, { scheduleId: id, overlap: "allow" });
  await setControlState(ctx, { queue: "default" }, "draining");
  await again(ctx, id);
  await updateSchedule(ctx, { scheduleId: id, cron: "@yearly", catchUpMs: 0 });
  await makeMissed(ctx, id);
  await fireSchedules(ctx);
  const told = await ctx.db.select().from(webhookEvents).orderBy(webhookEvents.id);
  expect(told).toMatchObject([
    {
      ...{ event: "schedule.refused", webhookIds: [webhookId] },
      data: { scheduleId: id, title: "triage", tenantId: "default", reason: expect.stringMatching(/being drained/) },
    },
    { event: "schedule.missed", data: { scheduleId: id, reason: expect.stringMatching(/nobody came to it/) } },
  ]);
});

test("an unexpected failure of one schedule delays no other", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const [broken, zone, well] = [
    await make(ctx, { name: "a" }),
    await make(ctx, { name: "b" }),
    await make(ctx, { name: "c" }),
  ];
  await ctx.db.update(schedules).set({ task: sql`'{}'::jsonb` }).where(eq(schedules.id, broken.id));
  await ctx.db.update(schedules).set({ timeZone: "Gone/Away" }).where(eq(schedules.id, zone.id));
  for (const { id } of [broken, zone, well]) await makeDue(ctx, id);
  expect(await fireSchedules(ctx)).toBe(3);
  expect(await fireSchedules(ctx)).toBe(0);
  expect((await came(ctx, broken.id))[0]).toMatchObject({ outcome: "refused" });
  expect((await came(ctx, zone.id))[0]).toMatchObject({
    outcome: "refused",
    message: expect.stringMatching(/timeZone/),
  });
  expect((await came(ctx, well.id))[0]).toMatchObject({ outcome: "created" });
});

test("a manual trigger adds a task at once regardless of pause and overlap, and keeps the next time", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: scheduleId } = await make(ctx, { isPaused: true });
  const firing = await triggerSchedule(ctx, { scheduleId });
  expect(firing).toMatchObject({ outcome: "created", isManual: true, task: { state: "pending" } });
  await triggerSchedule(ctx, { scheduleId });
  expect(await readSchedule(ctx, scheduleId)).toMatchObject({ nextAt: null, lastFiring: { isManual: true } });
  expect(await came(ctx, scheduleId)).toHaveLength(2);
  expect(new Set((await tasksOf(ctx)).map(({ metadata }) => metadata.scheduleId))).toEqual(new Set([scheduleId]));
  const once = await triggerSchedule(ctx, { scheduleId, idempotencyKey: "k" });
  expect(await triggerSchedule(ctx, { scheduleId, idempotencyKey: "k" })).toEqual(once);
  await setControlState(ctx, { queue: "default" }, "draining");
  await expect(triggerSchedule(ctx, { scheduleId })).rejects.toMatchObject({ reason: "queue-draining" });
  expect(await came(ctx, scheduleId)).toHaveLength(3);
});

test("the same key adds one task, though the schedule's tasks expire and its template has changed since", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: scheduleId } = await make(ctx, { task: { ...TASK, expiresAfterMs: 3_600_000 } });
  const once = await triggerSchedule(ctx, { scheduleId, idempotencyKey: "k" });
  expect(await triggerSchedule(ctx, { scheduleId, idempotencyKey: "k" })).toEqual(once);
  await updateSchedule(ctx, { scheduleId, task: { ...TASK, title: "Another" } });
  expect(await triggerSchedule(ctx, { scheduleId, idempotencyKey: "k" })).toEqual(once);
  expect(await tasksOf(ctx)).toHaveLength(1);
  // A key that something else has used is refused, as for any task.
  const { id: other } = await make(ctx, { name: "other" });
  await expect(triggerSchedule(ctx, { scheduleId: other, idempotencyKey: "k" })).rejects.toMatchObject({
    reason: "idempotency-conflict",
  });
});

test("a paused one does not come, and what passed meanwhile is not made up for", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: scheduleId } = await make(ctx);
  await makeDue(ctx, scheduleId, 600_000);
  const change = (changes: Partial<UpdateScheduleInput>) => updateSchedule(ctx, { scheduleId, ...changes });
  await change({ isPaused: true });
  expect(await fireSchedules(ctx)).toBe(0);
  await change({ isPaused: false });
  expect(await fireSchedules(ctx)).toBe(0);
  expect(await came(ctx, scheduleId)).toEqual([]);
});

test("removes old firings unless their task is open; a deleted schedule leaves its tasks", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: scheduleId } = await make(ctx, { overlap: "allow" });
  await triggerSchedule(ctx, { scheduleId });
  await triggerSchedule(ctx, { scheduleId });
  const [ended] = await tasksOf(ctx);
  await cancelTask(ctx, { taskId: ended?.id ?? "" });
  await ctx.db.update(scheduleFirings).set({
    dueAt: sql`${scheduleFirings.dueAt} - interval '31 days'`,
    firedAt: sql`${scheduleFirings.firedAt} - interval '31 days'`,
  });
  await makeDue(ctx, scheduleId);
  await fireSchedules(ctx);
  expect((await came(ctx, scheduleId)).map(({ task }) => task?.state)).toEqual(["pending", "pending"]);
  await deleteSchedule(ctx, { scheduleId });
  expect(await ctx.db.$count(scheduleFirings)).toBe(0);
  expect(await tasksOf(ctx)).toHaveLength(3);
});

test("lists firings page by page, filtered by outcome", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: scheduleId } = await make(ctx);
  for (let n = 0; n < 3; n += 1) await triggerSchedule(ctx, { scheduleId });
  await makeDue(ctx, scheduleId);
  await fireSchedules(ctx);
  const list = (input: Partial<ListFiringsInput>) => listFirings(ctx, ListFiringsInput.parse({ scheduleId, ...input }));
  const first = await list({ limit: 3 });
  const second = await list({ limit: 3, cursor: first.cursor ?? "" });
  expect([...first.items, ...second.items]).toEqual((await list({})).items);
  expect(second).toMatchObject({ items: [{ outcome: "skipped" }], cursor: null });
  expect((await list({ outcome: "skipped" })).items).toHaveLength(1);
});
