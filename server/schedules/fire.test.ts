import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { CreateScheduleInput, ListFiringsInput, type UpdateScheduleInput } from "@/contract/schedule";
import { CreateWebhookInput } from "@/contract/webhook";
import { WEBHOOK_EVENTS } from "@/contract/words";
import { queueTasks, scheduleFirings, schedules, webhookEvents } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import type { ServiceContext } from "@/server/context";
import { dispatchTasks } from "@/server/dispatcher";
import { cancelTask, setControlState } from "@/server/queue";
import { testContext } from "@/server/test/context";
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
const make = (ctx: ServiceContext, input: Partial<CreateScheduleInput> = {}) =>
  createSchedule(ctx, CreateScheduleInput.parse({ name: "triage", cron: "*/5 * * * *", task: TASK, ...input }));

/** Moves a schedule's next time to one of its plan that has passed, as if nobody had looked meanwhile. */
async function makeDue(ctx: ServiceContext, scheduleId: string, agoMs = 0): Promise<void> {
  const nextAt = sql`date_bin('5 minutes', clock_timestamp() - ${agoMs} * interval '1 ms', '2020-01-01Z')`;
  await ctx.db.update(schedules).set({ nextAt }).where(eq(schedules.id, scheduleId));
}
/** As if nobody had looked for two days; a plan that comes by the year has no time since. */
async function makeMissed(ctx: ServiceContext, scheduleId: string): Promise<void> {
  const nextAt = sql`clock_timestamp() - interval '2 days'`;
  await ctx.db.update(schedules).set({ nextAt }).where(eq(schedules.id, scheduleId));
}
/** What came last, the newest first. */
const came = async (ctx: ServiceContext, scheduleId: string) =>
  (await listFirings(ctx, ListFiringsInput.parse({ scheduleId }))).items;
const tasksOf = (ctx: ServiceContext) => ctx.db.select().from(queueTasks).orderBy(queueTasks.createdAt);
/** As if its time had come again: the same time comes once. */
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

test("what is due is added to the queue, and comes again at the next time of its plan", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id, nextAt } = await make(ctx, { task: { ...TASK, queue: "chores", expiresAfterMs: 3_600_000 } });
  expect(await fireSchedules(ctx)).toBe(0);
  await makeDue(ctx, id);
  expect(await fireSchedules(ctx)).toBe(1);
  expect(await fireSchedules(ctx)).toBe(0);
  const [task] = await tasksOf(ctx);
  const schedule = await readSchedule(ctx, id);
  expect(schedule).toMatchObject({ nextAt, version: 1, lastFiring: { outcome: "created", missed: 0 } });
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

test("it wakes the dispatcher, and its task becomes a run as any other does", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, { settings: { executor: "local", runnersMax: 4 } });
  const { id } = await make(ctx);
  await makeDue(ctx, id);
  await fireSchedules(ctx);
  expect(await dispatchTasks(ctx, { runnersMax: 4 })).toBe(1);
  expect((await readSchedule(ctx, id)).lastFiring?.task).toMatchObject({
    state: "dispatched",
    sessionId: expect.stringMatching(/^ses_/),
  });
});

test("many passes at once add one task for each time", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, { poolMax: 8 });
  const made = await Promise.all(Array.from({ length: 60 }, (_, n) => make(ctx, { name: `n${n}` })));
  for (const { id } of made) await makeDue(ctx, id);
  const fired = await Promise.all(Array.from({ length: 8 }, () => fireSchedules(ctx)));
  expect(fired.reduce((sum, count) => sum + count, 0)).toBe(60);
  const ids = (await tasksOf(ctx)).map(({ metadata }) => metadata.scheduleId);
  expect([...ids].sort()).toEqual(made.map(({ id }) => id).sort());
});

test("the same time comes once, even if what was noted of it is lost", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id } = await make(ctx, { overlap: "allow" });
  await makeDue(ctx, id);
  await fireSchedules(ctx);
  await ctx.db.delete(scheduleFirings);
  await makeDue(ctx, id);
  await fireSchedules(ctx);
  expect(await tasksOf(ctx)).toHaveLength(1);
});

test("of times that were missed the last is made up for, if it is not too long ago", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id } = await make(ctx);
  await makeDue(ctx, id, 30 * 60_000);
  expect(await countOverdueSchedules(ctx.database.db)).toBe(1);
  await fireSchedules(ctx);
  expect(await countOverdueSchedules(ctx.database.db)).toBe(0);
  expect(await came(ctx, id)).toMatchObject([{ outcome: "created", missed: 6 }]);

  const yearly = await make(ctx, { name: "yearly", cron: "@yearly", catchUpMs: 0 });
  await makeMissed(ctx, yearly.id);
  await fireSchedules(ctx);
  expect(await came(ctx, yearly.id)).toMatchObject([
    { outcome: "missed", task: null, message: expect.stringMatching(/no worker/) },
  ]);
  expect(await tasksOf(ctx)).toHaveLength(1);
});

test("a time is left out while a task of before has not ended", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id } = await make(ctx);
  await makeDue(ctx, id);
  await fireSchedules(ctx);
  const [first] = await tasksOf(ctx);
  await again(ctx, id);
  expect((await came(ctx, id))[0]).toMatchObject({ outcome: "skipped", task: null });
  expect((await came(ctx, id))[0]?.message).toContain(`${first?.id} has not ended: it is pending`);
  await again(ctx, id);
  await cancelTask(ctx, { taskId: first?.id ?? "" });
  await again(ctx, id);
  expect((await came(ctx, id)).map(({ outcome }) => outcome)).toEqual(["created", "skipped", "skipped", "created"]);
});

test("or is added beside it, or in its place, as the schedule says", async () => {
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

test("a time whose task is refused is noted with why, and the next one is tried", async () => {
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
  expect(await failing()).toMatchObject([{ id, outcome: "refused" }]);
  expect(await listFailingSchedules(ctx, { tenantId: "other", max: 9 })).toEqual([]);
  await setControlState(ctx, { queue: "default" }, "open");
  await again(ctx, id);
  expect((await came(ctx, id))[0]).toMatchObject({ outcome: "created" });
  expect(await failing()).toEqual([]);
});

test("webhooks are told of a time that was missed or refused, and of no other", async () => {
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
    { event: "schedule.missed", data: { scheduleId: id, reason: expect.stringMatching(/no worker was there/) } },
  ]);
});

test("what fails for a reason that nobody foresaw stands in no other's way", async () => {
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

test("a person's word adds one at once, whatever is paused or goes on, and moves no time", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: scheduleId } = await make(ctx, { isPaused: true });
  const firing = await triggerSchedule(ctx, { scheduleId });
  expect(firing).toMatchObject({ outcome: "created", isManual: true, task: { state: "pending" } });
  await triggerSchedule(ctx, { scheduleId });
  expect(await readSchedule(ctx, scheduleId)).toMatchObject({ nextAt: null, lastFiring: { isManual: true } });
  expect(await came(ctx, scheduleId)).toHaveLength(2);
  expect(new Set((await tasksOf(ctx)).map(({ metadata }) => metadata.scheduleId))).toEqual(new Set([scheduleId]));
  await setControlState(ctx, { queue: "default" }, "draining");
  await expect(triggerSchedule(ctx, { scheduleId })).rejects.toMatchObject({ reason: "queue-draining" });
  expect(await came(ctx, scheduleId)).toHaveLength(2);
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

test("what came long ago is forgotten, unless its task goes on; what is deleted leaves its tasks", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: scheduleId } = await make(ctx, { overlap: "allow" });
  await triggerSchedule(ctx, { scheduleId });
  await triggerSchedule(ctx, { scheduleId });
  const [ended] = await tasksOf(ctx);
  await cancelTask(ctx, { taskId: ended?.id ?? "" });
  const dueAt = sql`${scheduleFirings.dueAt} - interval '31 days'`;
  await ctx.db.update(scheduleFirings).set({ dueAt });
  await makeDue(ctx, scheduleId);
  await fireSchedules(ctx);
  expect((await came(ctx, scheduleId)).map(({ task }) => task?.state)).toEqual(["pending", "pending"]);
  await deleteSchedule(ctx, { scheduleId });
  expect(await ctx.db.$count(scheduleFirings)).toBe(0);
  expect(await tasksOf(ctx)).toHaveLength(3);
});

test("firings go page by page, by what came of them", async () => {
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
