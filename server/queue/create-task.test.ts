import { expect, test } from "vitest";
import { CreateTaskInput } from "@/contract/queue";
import { queueTasks, sessions } from "@/db/schema";
import type { Actor } from "@/server/context";
import { createTestStore } from "@/server/storage/test/context";
import { createTask, getTask, listTasks, queueStats, TaskWriter } from ".";

const TASK = {
  title: "Mend the roof",
  backendProfile: "codex",
  payload: { text: "mend it", n: 1 },
  idempotencyKey: "k1",
};
const TENANT: Actor = { kind: "operator", name: "acme", role: "operator", tenantId: "acme", tokenId: "tok_1" };

test("a task has v0.1's defaults and a version from the sequence", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const task = await createTask(ctx, { title: "t", backendProfile: "codex", payload: {} });
  expect(task).toMatchObject({
    tenantId: "default",
    projectId: "default",
    queue: "default",
    lane: "default",
    priority: 0,
    state: "pending",
    providerId: "default",
    references: [],
    metadata: {},
    latestAttempt: null,
  });
  expect(task.id).toMatch(/^qt_/);
  expect(task.version).toBeGreaterThan(0);
  expect(ctx.woken).toContain("queue");
});

test("bounds waiting tasks by size too, and accepts more once they are added", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const writer = new TaskWriter(1_500);
  const add = () =>
    writer.add(
      ctx,
      CreateTaskInput.parse({ ...TASK, idempotencyKey: undefined, payload: { text: "x".repeat(1_000) } }),
    );
  for (let round = 0; round < 2; round += 1) {
    const answers = await Promise.allSettled([add(), add(), add()]);
    expect(answers.map(({ status }) => status).sort()).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(answers.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { failureKind: "infra-failed", reason: "overloaded" },
    });
  }
  await writer.close();
});

test("32 concurrent callers with one key get one task", async () => {
  await using store = await createTestStore();
  const callers = [store.as(), store.as()];
  const made = await Promise.all(
    Array.from({ length: 32 }, (_, index) => createTask(callers[index % 2] ?? store.as(), { ...TASK })),
  );
  expect(new Set(made.map((task) => task.id)).size).toBe(1);
  expect((await queueStats(store.as(), {})).total).toBe(1);
});

test("compares a replay's content regardless of the order of keys", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const first = await createTask(ctx, TASK);
  expect((await createTask(ctx, { ...TASK, payload: { n: 1, text: "mend it" } })).id).toBe(first.id);
  await expect(createTask(ctx, { ...TASK, payload: { text: "other" } })).rejects.toMatchObject({
    reason: "idempotency-conflict",
  });
  await expect(createTask(ctx, { ...TASK, title: "Other" })).rejects.toMatchObject({ reason: "idempotency-conflict" });
  await expect(createTask(ctx, { ...TASK, priority: 1 })).rejects.toMatchObject({ reason: "idempotency-conflict" });
  expect((await createTask(ctx, { ...TASK, projectId: "other", title: "Other" })).id).not.toBe(first.id);
});

test("a key returns its task also when its profile has gone or its session belongs to another profile", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const lab = { lab: { model: "m", baseUrl: "https://lab.example", wire: "responses" as const } };
  const configured = { ...ctx, settings: { ...ctx.settings, backends: lab } };
  const input = { ...TASK, backendProfile: "lab", sessionId: "s1" };
  const first = await createTask(configured, input);
  await ctx.db
    .insert(sessions)
    .values({ sessionId: "s1", tenantId: "default", projectId: "default", backendProfile: "codex" });
  expect((await createTask(ctx, input)).id).toBe(first.id);
  await expect(createTask(ctx, { ...input, title: "Other" })).rejects.toMatchObject({
    reason: "idempotency-conflict",
  });
});

test("compares an adopted row's payload, whatever its stored hash", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await ctx.db.insert(queueTasks).values({
    id: "qt_old",
    tenantId: "default",
    projectId: "default",
    queue: "default",
    lane: "default",
    title: "Mend the roof",
    priority: 0,
    state: "completed",
    version: 1,
    backendProfile: "codex",
    payload: TASK.payload,
    payloadHash: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    idempotencyKey: "k1",
  });
  expect(await createTask(ctx, TASK)).toMatchObject({ id: "qt_old", state: "completed" });
  await expect(createTask(ctx, { ...TASK, payload: {} })).rejects.toMatchObject({ reason: "idempotency-conflict" });
});

test("cleans text that PostgreSQL cannot store", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const input = CreateTaskInput.parse({
    ...TASK,
    title: "a\u0000b",
    references: [{ note: "x\ud800\u0000" }],
    idempotencyKey: undefined,
  });
  const task = await createTask(ctx, input);
  expect(task.title).toBe("a\ufffdb");
  expect(task.references).toEqual([{ note: "x\ufffd\ufffd" }]);
});

test("refuses a session of another project, profile or tenant", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await ctx.db
    .insert(sessions)
    .values({ sessionId: "s1", tenantId: "default", projectId: "p1", backendProfile: "codex" });
  await expect(createTask(ctx, { ...TASK, sessionId: "s1" })).rejects.toMatchObject({ reason: "session-boundary" });
  await expect(createTask(store.as(TENANT), { ...TASK, sessionId: "s1" })).rejects.toMatchObject({
    reason: "not-found",
  });
  expect(await createTask(ctx, { ...TASK, projectId: "p1", sessionId: "s1" })).toMatchObject({ sessionId: "s1" });
});

test("refuses a directory that a run would be refused: without the local executor or outside the allowed roots", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const directory = { ...TASK, workspaceRef: { kind: "directory" as const, path: "/srv/work/repo" } };
  const local = (root: string) => ({
    ...ctx,
    settings: { ...ctx.settings, executor: "local" as const, workspaceRoots: [root] },
  });
  for (const refusing of [ctx, local("/srv/work/other")])
    await expect(createTask(refusing, directory)).rejects.toMatchObject({ reason: "invalid-input" });
  const task = await createTask(local("/srv/work"), directory);
  expect(task.workspaceRef).toEqual(directory.workspaceRef);
  expect((await createTask(ctx, directory)).id).toBe(task.id);
});

test("refuses an unknown backend profile", async () => {
  await using store = await createTestStore();
  await expect(createTask(store.as(), { ...TASK, backendProfile: "nobody" })).rejects.toMatchObject({
    reason: "invalid-input",
  });
});

test("a tenant's caller neither sees nor creates tasks of another tenant", async () => {
  await using store = await createTestStore();
  const admin = store.as();
  const acme = store.as(TENANT);
  const theirs = await createTask(admin, { ...TASK, tenantId: "other" });
  const own = await createTask(acme, TASK);
  expect(own.tenantId).toBe("acme");
  expect((await listTasks(acme, { limit: 50 })).items.map((task) => task.id)).toEqual([own.id]);
  expect((await listTasks(acme, { limit: 50, tenantId: "other" })).items).toEqual([]);
  await expect(getTask(acme, { taskId: theirs.id })).rejects.toMatchObject({ reason: "not-found" });
  await expect(createTask(acme, { ...TASK, tenantId: "other" })).rejects.toMatchObject({ failureKind: "forbidden" });
  expect((await queueStats(acme, {})).total).toBe(1);
  expect((await queueStats(admin, {})).total).toBe(2);
});
