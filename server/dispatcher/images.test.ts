import { eq, sql } from "drizzle-orm";
import type pg from "pg";
import { expect, test } from "vitest";
import type { CreateTaskInput } from "@/contract/queue";
import { pngOf } from "@/contract/test/images";
import { getClient } from "@/db/client";
import { attachments, attachmentUses, queueTasks, sessions } from "@/db/schema";
import {
  getAttachment,
  listAttachments,
  readAttachment,
  removeUnnamed,
  storeAttachment,
  storeTaskAttachment,
} from "@/server/attachments";
import { createCommand, listCommands } from "@/server/commands";
import type { ServiceContext } from "@/server/context";
import { cancelTask, createTask, createTasks, getTask, retryTask, simulateTask } from "@/server/queue";
import { purgeDeleted } from "@/server/retention";
import { createRun } from "@/server/runs";
import { createSession, deleteSession } from "@/server/sessions";
import { tenantOperator } from "@/server/storage/test/context";
import { runnerActor } from "@/server/test/context";
import { dispatchTasks } from ".";
import { createTestQueue, playRun } from "./test/queue";

const upload = async (ctx: ServiceContext, shade = 1, more: { projectId?: string } = {}) =>
  (await storeTaskAttachment(ctx, { name: `${shade}.png`, bytes: pngOf(8, 8, shade), ...more })).id;
const showing = (ids: string[], more: Partial<CreateTaskInput> = {}) => ({
  payload: { text: "look", attachments: ids },
  ...more,
});
const expiryOf = async (ctx: ServiceContext, attachmentId: string) =>
  (await getAttachment(ctx, { attachmentId })).expiresAt;
const endNow = (ctx: ServiceContext, id: string) =>
  ctx.db.update(attachments).set({ expiresAt: sql`now() - interval '1 second'` }).where(eq(attachments.id, id));
const gone = { reason: "not-found" };

test("a task's image is shown by its turn, by every attempt, and read by the runner of that run alone", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const [first, second] = [await upload(ctx, 1), await upload(ctx, 2)];
  expect(await upload(ctx, 1)).toBe(first);
  const taskId = await queue.add(showing([second, first]));
  const other = await queue.add();
  expect(await expiryOf(ctx, first)).toBeNull();
  const names = async () => (await getTask(ctx, { taskId })).attachments.map(({ name }) => name);
  expect(await names()).toEqual(["2.png", "1.png"]);
  expect(await queue.dispatch()).toBe(2);
  const turnOfTask = async () => {
    const { runId, sessionId } = await getTask(ctx, { taskId });
    const [turn] = (await listCommands(ctx, { runId: runId ?? "", afterSeq: 0, limit: 1 })).items;
    return { runId: runId ?? "", sessionId: sessionId ?? "", payload: turn?.payload };
  };
  const { runId, sessionId, payload } = await turnOfTask();
  expect(payload).toEqual({ text: "look", attachments: [second, first] });
  const as = (runId: string) => ({ ...ctx, actor: runnerActor(runId, 1) });
  expect((await readAttachment(as(runId), { attachmentId: first })).bytes.equals(pngOf(8, 8, 1))).toBe(true);
  const stranger = (await getTask(ctx, { taskId: other })).runId ?? "";
  await expect(readAttachment(as(stranger), { attachmentId: first })).rejects.toMatchObject(gone);
  expect((await listAttachments(ctx, { sessionId, limit: 5 })).items.map(({ id }) => id)).toEqual([first, second]);
  expect(await ctx.db.$count(attachments, eq(attachments.isWaiting, true))).toBe(0);
  await playRun(ctx, runId, { terminalStatus: "failed", failureKind: "backend-failed" });
  await retryTask(ctx, { taskId });
  await queue.dispatch();
  const again = await turnOfTask();
  expect(again).toMatchObject({ sessionId, payload: { attachments: [second, first] } });
  expect(again.runId).not.toBe(runId);
  await readAttachment(as(again.runId), { attachmentId: second });
  // A person's message in that session may show it too.
  await createCommand(ctx, { runId: again.runId, type: "steer", payload: { text: "again", attachments: [first] } });
  expect(await names()).toEqual(["2.png", "1.png"]);
});

test("a task names images for tasks of its own project, each once, and not too much of them", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const stranger = { ...ctx, actor: tenantOperator("other") };
  const { sessionId } = await createSession(ctx, { backendProfile: "demo" });
  const own = await upload(ctx);
  const faulty = [
    [await upload(ctx, 2, { projectId: "shop" })],
    [await upload(stranger, 3)],
    [own, (await storeAttachment(ctx, { sessionId, bytes: pngOf(8, 8, 4) })).id],
    [`img_${"0".repeat(32)}`],
  ];
  for (const ids of faulty) await expect(queue.add(showing(ids))).rejects.toMatchObject(gone);
  await expect(getAttachment(stranger, { attachmentId: own })).rejects.toMatchObject(gone);
  await expect(createTask(stranger, { title: "t", backendProfile: "demo", ...showing([own]) })).rejects.toMatchObject(
    gone,
  );
  const large = await Promise.all(
    [1, 2, 3, 4, 5].map((shade) =>
      storeTaskAttachment(ctx, { bytes: Buffer.concat([pngOf(7, 7, shade), Buffer.alloc(4_500_000)]) }),
    ),
  );
  const ids = large.map(({ id }) => id);
  await expect(queue.add(showing(ids))).rejects.toMatchObject({ reason: "invalid-input" });
  // What refused tasks named is still nobody's.
  expect(await expiryOf(ctx, own)).not.toBeNull();
  expect(await ctx.db.$count(attachmentUses)).toBe(0);
  const base = { title: "t", backendProfile: "demo" };
  const { items } = await createTasks(ctx, {
    tasks: [
      { ...base, ...showing([own]), idempotencyKey: "a" },
      { ...base, ...showing(faulty[0] ?? []), idempotencyKey: "b" },
      { ...base, payload: {}, dependsOn: [{ idempotencyKey: "b" }] },
      { ...base, ...showing([own, ...ids.slice(0, 2)]), dependsOn: [{ idempotencyKey: "a" }] },
    ],
  });
  expect(items.map((item) => ("task" in item ? "added" : item.error.reason))).toEqual([
    ...["added", "not-found", "not-found", "added"],
  ]);
  expect(await ctx.db.$count(attachmentUses)).toBe(4);
});

test("the same key with other images is a conflict, and with the same ones the same task", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const [first, second] = [await upload(ctx, 1), await upload(ctx, 2)];
  const taskId = await queue.add({ ...showing([first]), title: "t", idempotencyKey: "k" });
  const again = (ids: string[]) => queue.add({ ...showing(ids), title: "t", idempotencyKey: "k" });
  expect(await again([first])).toBe(taskId);
  const conflict = { reason: "idempotency-conflict" };
  await expect(again([second])).rejects.toMatchObject(conflict);
  await expect(again([])).rejects.toMatchObject(conflict);
  expect(await expiryOf(ctx, second)).not.toBeNull();
});

test("images stay as long as a task or session shows them, and no longer", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const [shared, left, unused] = [await upload(ctx, 1), await upload(ctx, 2), await upload(ctx, 3)];
  const [first, second] = [await queue.add(showing([shared, left])), await queue.add(showing([shared]))];
  for (const id of [shared, left, unused])
    await ctx.db
      .update(attachments)
      .set({ expiresAt: sql`case when expires_at is null then null else now() end` })
      .where(eq(attachments.id, id));
  expect(await removeUnnamed(ctx)).toBe(1);
  await expect(getAttachment(ctx, { attachmentId: unused })).rejects.toMatchObject(gone);
  await queue.dispatch();
  const end = async (taskId: string) => {
    const { runId, sessionId } = await getTask(ctx, { taskId });
    await playRun(ctx, runId ?? "");
    await ctx.db
      .update(sessions)
      .set({ storageKind: "none", storageState: "none" })
      .where(eq(sessions.sessionId, sessionId ?? ""));
    await deleteSession(ctx, { sessionId: sessionId ?? "" });
  };
  await end(first);
  // Nobody can see at once what only the deleted session shows.
  await expect(getAttachment(ctx, { attachmentId: left })).rejects.toMatchObject(gone);
  expect((await getTask(ctx, { taskId: first })).attachments.map(({ id }) => id)).toEqual([shared]);
  await purgeDeleted(ctx);
  expect((await getTask(ctx, { taskId: first })).attachments).toEqual([]);
  expect(await removeUnnamed(ctx)).toBe(1);
  expect(await ctx.db.$count(attachments)).toBe(1);
  await end(second);
  await purgeDeleted(ctx);
  await removeUnnamed(ctx);
  expect(await ctx.db.$count(attachments)).toBe(0);
  expect(await ctx.db.$count(attachmentUses)).toBe(0);
});

test("a task that ended without a run keeps its images for a week, in which it may be retried", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const [kept, dropped] = [await upload(ctx, 1), await upload(ctx, 2)];
  const [retried, cancelled] = [await queue.add(showing([kept])), await queue.add(showing([kept, dropped]))];
  for (const taskId of [retried, cancelled]) await cancelTask(ctx, { taskId });
  await removeUnnamed(ctx);
  expect(await expiryOf(ctx, dropped)).toBeNull();
  await ctx.db.execute(sql`alter table agentrun_queue_tasks disable trigger user`);
  await ctx.db
    .update(queueTasks)
    .set({ updatedAt: sql`now() - interval '8 days'` })
    .where(eq(queueTasks.id, cancelled));
  await ctx.db.execute(sql`alter table agentrun_queue_tasks enable trigger user`);
  await removeUnnamed(ctx);
  expect(await expiryOf(ctx, kept)).toBeNull();
  expect(await expiryOf(ctx, dropped)).not.toBeNull();
  // Retried too late, it is refused rather than shown less than was asked.
  await retryTask(ctx, { taskId: cancelled });
  await retryTask(ctx, { taskId: retried });
  expect(await queue.dispatch()).toBe(1);
  expect(await getTask(ctx, { taskId: cancelled })).toMatchObject({
    ...{ state: "failed", deadLetter: "refused" },
    failureMessage: expect.stringContaining("is not kept any more: upload it again"),
  });
});

test("an image that is being named is not removed, and one that is being removed cannot be named", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const [named, removed] = [await upload(ctx, 1), await upload(ctx, 2)];
  for (const id of [named, removed]) await endNow(ctx, id);
  const client = await (getClient(queue.other().db) as pg.Pool).connect();
  try {
    await client.query("begin");
    await client.query("update agentrun_attachments set expires_at = null where id = $1", [named]);
    expect(await removeUnnamed(ctx)).toBe(1);
    await client.query("commit");
    await expect(queue.add(showing([removed]))).rejects.toMatchObject(gone);
    await queue.add(showing([named]));
  } finally {
    client.release();
  }
});

test("what waits in a project is limited, and what a session takes too", async () => {
  await using queue = await createTestQueue();
  const [one, two] = [pngOf(9, 9, 1), pngOf(9, 9, 2)];
  const settings = { ...queue.ctx.settings, waitingAttachmentsBytesMax: one.byteLength + 1 };
  const ctx = { ...queue.ctx, settings };
  const { id } = await storeTaskAttachment(ctx, { bytes: one });
  await storeTaskAttachment(ctx, { bytes: one });
  const full = { reason: "limit-reached", message: expect.stringContaining("AGENTRUN_TASK_IMAGES_BYTES_MAX") };
  await expect(storeTaskAttachment(ctx, { bytes: two })).rejects.toMatchObject(full);
  await storeTaskAttachment(ctx, { bytes: two, projectId: "shop" });
  await queue.add(showing([id]));
  await queue.dispatch();
  const next = await storeTaskAttachment(ctx, { bytes: two });
  // A session that has its fill takes no more images from a task either.
  const { sessionId } = await createSession(ctx, { backendProfile: "demo" });
  await storeAttachment(ctx, { sessionId, bytes: one });
  const taskId = await queue.add(showing([next.id], { sessionId }));
  queue.ctx.settings.attachmentsBytesMax = one.byteLength + 1;
  expect(await queue.dispatch()).toBe(0);
  const run = await createRun(ctx, { backendProfile: "demo", sessionRef: { sessionId } });
  const turn = { text: "look", attachments: [next.id] };
  const narrow = { ...ctx, settings: { ...settings, attachmentsBytesMax: one.byteLength + 1 } };
  await expect(createCommand(narrow, { runId: run.id, type: "turn", payload: turn })).rejects.toMatchObject({
    reason: "limit-reached",
  });
  expect(await getTask(ctx, { taskId })).toMatchObject({
    ...{ deadLetter: "refused", failureMessage: expect.stringContaining("AGENTRUN_SESSION_IMAGES_BYTES_MAX") },
  });
});

test("a trial says what is wrong with images, and stores nothing", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const id = await upload(ctx);
  const base = { title: "t", backendProfile: "demo" };
  expect(await simulateTask(ctx, { ...base, ...showing([id]) })).toMatchObject({ outcome: "dispatched" });
  expect(await expiryOf(ctx, id)).not.toBeNull();
  await expect(simulateTask(ctx, { ...base, ...showing([`img_${"0".repeat(32)}`]) })).rejects.toMatchObject(gone);
});

test("tasks without images cost no statement more, to add and to dispatch", async () => {
  await using queue = await createTestQueue();
  const texts: string[] = [];
  const ctx = queue.other();
  (getClient(ctx.db) as pg.Pool).on("connect", (client) => {
    const query = client.query.bind(client) as (...args: unknown[]) => unknown;
    const noted = (...args: unknown[]) => {
      const [asked] = args as [string | { text: string }];
      texts.push(typeof asked === "string" ? asked : asked.text);
      return query(...args);
    };
    Object.assign(client, { query: noted });
  });
  const tasks = [1, 2, 3].map((count) => ({ title: `t ${count}`, backendProfile: "demo", payload: { text: "go" } }));
  await createTasks(ctx, { tasks });
  expect(texts.filter((text) => !text.startsWith("SET "))).toHaveLength(1);
  expect(await dispatchTasks(ctx, { runnersMax: 10 })).toBe(3);
  expect(texts.filter((text) => text.includes("agentrun_attachment"))).toEqual([]);
});
