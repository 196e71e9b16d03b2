import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { CreateScheduleInput, ListSchedulesInput } from "@/contract/schedule";
import { pngOf } from "@/contract/test/images";
import { SCHEDULES_MAX } from "@/contract/words";
import { audit, schedules, sessions } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { getAttachment, storeTaskAttachment } from "@/server/attachments";
import type { Actor, ServiceContext } from "@/server/context";
import { getTask, setControlState } from "@/server/queue";
import { createSession } from "@/server/sessions";
import { testContext } from "@/server/test/context";
import {
  createSchedule,
  deleteSchedule,
  listSchedules,
  previewSchedule,
  readSchedule,
  triggerSchedule,
  updateSchedule,
} from ".";

const operatorOf = (tenantId: string): Actor => ({
  ...{ kind: "operator", name: "ann", role: "operator", tenantId, tokenId: null },
});
const TASK = { title: "Bring the libraries up to date", backendProfile: "codex", payload: { text: "Update them." } };
const make = (ctx: ServiceContext, input: Partial<CreateScheduleInput> = {}) =>
  createSchedule(ctx, CreateScheduleInput.parse({ name: "nightly", cron: "0 3 * * *", task: TASK, ...input }));
const listed = async (ctx: ServiceContext, input: Partial<ListSchedulesInput> = {}) =>
  (await listSchedules(ctx, ListSchedulesInput.parse(input))).items.map(({ name }) => name);

test("returns a schedule with a description, its next time and defaults filled in", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const made = await make(ctx, { timeZone: "Europe/Berlin" });
  expect(made).toMatchObject({
    ...{ tenantId: "default", projectId: "default", words: "At 03:00", overlap: "skip", catchUpMs: 3_600_000 },
    ...{ isPaused: false, task: TASK, lastFiring: null, version: 1 },
  });
  const inBerlin = new Intl.DateTimeFormat("en-GB", { timeZone: "Europe/Berlin", timeStyle: "short" });
  expect(inBerlin.format(new Date(made.nextAt ?? ""))).toBe("03:00");
  expect(Date.parse(made.nextAt ?? "")).toBeGreaterThan(Date.now());
  expect(Date.parse(made.nextAt ?? "")).toBeLessThan(Date.now() + 25 * 3_600_000);
  expect(await readSchedule(ctx, made.id)).toEqual(made);
});

test("a schedule's images stay with it, go a day after it shows others, and are shown by each of its tasks", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const [first, second] = await Promise.all(
    [1, 2].map((shade) => storeTaskAttachment(ctx, { bytes: pngOf(5, 5, shade) })),
  );
  const [firstId, secondId] = [first?.id ?? "", second?.id ?? ""];
  const showing = (id: string) => ({ ...TASK, payload: { ...TASK.payload, attachments: [id] } });
  const expiryOf = async (attachmentId: string) => (await getAttachment(ctx, { attachmentId })).expiresAt;
  await expect(make(ctx, { task: showing(`img_${"0".repeat(32)}`) })).rejects.toMatchObject({ reason: "not-found" });
  const { id: scheduleId } = await make(ctx, { task: showing(firstId) });
  expect(await expiryOf(firstId)).toBeNull();
  const { task } = await triggerSchedule(ctx, { scheduleId });
  expect(await getTask(ctx, { taskId: task?.id ?? "" })).toMatchObject({ attachments: [{ id: firstId }] });
  await updateSchedule(ctx, { scheduleId, task: showing(secondId) });
  // The task that was added before still shows the first.
  expect([await expiryOf(firstId), await expiryOf(secondId)]).toEqual([null, null]);
  await deleteSchedule(ctx, { scheduleId });
  expect(await expiryOf(firstId)).toBeNull();
  expect(await expiryOf(secondId)).not.toBeNull();
});

test("a preview returns the next times, and refuses what creation would refuse", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { words, times } = await previewSchedule(ctx, { cron: "*/15 8-9 * * *", timeZone: "UTC" });
  expect(words).toBe("Every 15 minutes, between 08:00 and 09:59");
  expect(times).toHaveLength(5);
  expect([...times].sort()).toEqual(times);
  await expect(previewSchedule(ctx, { cron: "0 0 30 2 *", timeZone: "UTC" })).rejects.toThrow(/never comes/);
  await expect(make(ctx, { cron: "0 0 30 2 *" })).rejects.toThrow(/never comes/);
});

test("refuses a schedule whose task could never start; a draining queue is accepted", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await expect(make(ctx, { task: { ...TASK, backendProfile: "nobody" } })).rejects.toThrow(/nobody/);
  await createSession(ctx, { sessionId: "ses_gone", backendProfile: "codex" });
  await ctx.db.update(sessions).set({ deletedAt: new Date() });
  await expect(make(ctx, { task: { ...TASK, sessionId: "ses_gone" } })).rejects.toThrow(/^task: .*being deleted/);
  await setControlState(ctx, { queue: "default" }, "draining");
  await make(ctx);
  expect(await listed(ctx)).toEqual(["nightly"]);
});

test("cleans a task's text, and bounds the task's total size", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const unclean = { ...TASK, title: "a\u0000b", references: [{ a: "x\u0000y\ud800" }] };
  expect((await make(ctx, { task: unclean })).task).toMatchObject({
    title: "a\ufffdb",
    references: [{ a: "x\ufffdy\ufffd" }],
  });
  const read = (bytes: number) =>
    CreateScheduleInput.safeParse({
      name: "n",
      cron: "@daily",
      task: { ...TASK, payload: { text: "x".repeat(bytes) } },
    });
  expect(read(65_000).success).toBe(true);
  expect(read(66_000).error?.issues).toMatchObject([{ path: ["task"], message: expect.stringMatching(/65536 bytes/) }]);
});

test("tenants see and change only their own schedules, and may use the same names", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const [one, two] = [ctx.as(operatorOf("t1")), ctx.as(operatorOf("t2"))];
  const { id: scheduleId } = await make(one);
  await make(two);
  await make(two, { name: "another", projectId: "p" });
  expect([await listed(one), await listed(two), await listed(ctx)]).toEqual([
    ["nightly"],
    ["another", "nightly"],
    ["another", "nightly", "nightly"],
  ]);
  expect(await listed(two, { projectId: "p" })).toEqual(["another"]);
  expect(await listed(ctx, { tenantId: "t1" })).toEqual(["nightly"]);
  expect(await listed(ctx, { search: "OTHER" })).toEqual(["another"]);
  for (const act of [
    () => readSchedule(two, scheduleId),
    () => updateSchedule(two, { scheduleId, name: "x" }),
    () => deleteSchedule(two, { scheduleId }),
  ])
    await expect(act()).rejects.toMatchObject({ reason: "not-found" });
  await expect(make(one, { tenantId: "t2" })).rejects.toMatchObject({ failureKind: "forbidden" });
  await expect(make(one)).rejects.toMatchObject({ reason: "already-exists" });
});

test("pages continue where the last one ended", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  for (const name of ["c", "a", "b"]) await make(ctx, { name });
  const first = await listSchedules(ctx, ListSchedulesInput.parse({ limit: 2 }));
  expect(first.items.map(({ name }) => name)).toEqual(["a", "b"]);
  const cursor = first.cursor ?? "";
  expect((await listSchedules(ctx, ListSchedulesInput.parse({ limit: 2, cursor }))).items).toMatchObject([
    { name: "c" },
  ]);
  await expect(listSchedules(ctx, ListSchedulesInput.parse({ cursor, search: "a" }))).rejects.toMatchObject({
    reason: "invalid-cursor",
  });
});

test("a change takes effect from now, a stale version is refused, and the audit omits the task", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: scheduleId } = await make(ctx);
  expect(await updateSchedule(ctx, { scheduleId, name: "nightly", expectedVersion: 1 })).toMatchObject({ version: 1 });
  const paused = await updateSchedule(ctx, { scheduleId, isPaused: true });
  expect(paused).toMatchObject({ isPaused: true, nextAt: null, version: 2 });
  const renamed = updateSchedule(ctx, { scheduleId, name: "other", expectedVersion: 1 });
  await expect(renamed).rejects.toMatchObject({ reason: "version-conflict", details: { current: { version: 2 } } });
  // Its plan may change meanwhile, but it stays paused.
  expect(await updateSchedule(ctx, { scheduleId, cron: "@hourly" })).toMatchObject({ nextAt: null });
  const resumed = await updateSchedule(ctx, { scheduleId, isPaused: false });
  expect(Date.parse(resumed.nextAt ?? "")).toBeLessThanOrEqual(Date.now() + 3_600_000);
  expect(Date.parse(resumed.nextAt ?? "")).toBeGreaterThan(Date.now());
  const secret = { ...TASK, payload: { text: "Log in with hunter2-hunter2." } };
  expect(await updateSchedule(ctx, { scheduleId, task: secret })).toMatchObject({
    task: secret,
    nextAt: resumed.nextAt,
  });
  await expect(updateSchedule(ctx, { scheduleId, task: { ...TASK, backendProfile: "nobody" } })).rejects.toThrow(
    /nobody/,
  );
  const told = await ctx.db.select().from(audit).where(eq(audit.targetKind, "schedule"));
  expect(told.map(({ action }) => action)).toEqual(["schedules.create", ...Array<string>(4).fill("schedules.update")]);
  expect(JSON.stringify(told)).not.toContain("hunter2");
});

test("a schedule's start and end can be set, moved and removed", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const [startsAt, endsAt] = ["2126-03-01T00:00:00.000Z", "2126-03-01T03:00:00.000Z"] as const;
  const made = await make(ctx, { startsAt, endsAt, jitterMs: 60_000 });
  expect(made).toMatchObject({ startsAt, endsAt, jitterMs: 60_000, nextAt: endsAt });
  const { times } = await previewSchedule(ctx, { cron: made.cron, timeZone: "UTC", startsAt, endsAt });
  expect(times).toEqual([endsAt]);
  await expect(make(ctx, { name: "over", endsAt: "2020-01-01T00:00:00Z" })).rejects.toThrow(/^endsAt: /);
  const { id: scheduleId } = made;
  await expect(updateSchedule(ctx, { scheduleId, endsAt: "2126-03-01T02:59:59Z" })).rejects.toThrow(/^endsAt: /);
  expect(await updateSchedule(ctx, { scheduleId, endsAt: "2126-03-01T04:00:00+01:00" })).toMatchObject({ version: 1 });
  const soon = await updateSchedule(ctx, { scheduleId, startsAt: null });
  expect(Date.parse(soon.nextAt ?? "")).toBeLessThan(Date.now() + 25 * 3_600_000);
  expect(await updateSchedule(ctx, { scheduleId, endsAt: null })).toMatchObject({ endsAt: null, nextAt: soon.nextAt });
});

test("limits a tenant's schedules, also when created concurrently", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id } = await make(ctx, { name: "first" });
  const [row] = await ctx.db.select().from(schedules).where(eq(schedules.id, id));
  if (row === undefined) throw new Error("it is there");
  const more = Array.from({ length: SCHEDULES_MAX - 2 }, (_, n) => ({ ...row, id: `sch_${n}`, name: `n${n}` }));
  await ctx.db.insert(schedules).values(more);
  const made = await Promise.allSettled([make(ctx, { name: "x" }), make(ctx, { name: "y" })]);
  expect(made.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  await make(ctx, { name: "other", tenantId: "t2" });
});

test("describes an unreadable plan by its text, and still lists it", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id } = await make(ctx);
  await make(ctx, { name: "well" });
  await ctx.db.update(schedules).set({ cron: "when it rains" }).where(eq(schedules.id, id));
  const { items } = await listSchedules(ctx, ListSchedulesInput.parse({}));
  expect(items.map(({ words }) => words)).toEqual(["when it rains", "At 03:00"]);
});
