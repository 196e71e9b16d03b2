import { expect, test } from "vitest";
import { type Json, startProgram, uniqueName } from "./program";

const program = startProgram();
const task = (more: Record<string, unknown> = {}) => ({
  title: "T",
  backendProfile: "codex",
  payload: { text: "x" },
  ...more,
});
const ids = (page: Json) => page.items.map((item: Json) => item.id);

test("a task is created with the contract's defaults and fields", async () => {
  const made = await program().post(
    "/queue/tasks",
    task({ references: [{ kind: "issue", n: 1 }], metadata: { a: 1 } }),
  );
  expect(made).toMatchObject({
    tenantId: "default",
    projectId: "default",
    queue: "default",
    lane: "default",
    priority: 0,
    state: "pending",
    payload: { text: "x" },
    references: [{ kind: "issue", n: 1 }],
    metadata: { a: 1 },
    latestAttempt: null,
    sessionPath: null,
    cancelledAt: null,
    cancelReason: null,
  });
  expect(made.id).toMatch(/^qt_/);
  expect(made.version).toBeGreaterThan(0);
  const blocker = expect.objectContaining({ kind: "not-dispatched" });
  expect(await program().get(`/queue/tasks/${made.id}`)).toEqual({
    ...{ ...made, blocker, unread: false },
    ...{ dependencyCount: 0, dependsOn: [], onDependencyFailed: null, dependencyResults: "none", output: null },
    attachments: [],
  });
});

test("creating is idempotent per tenant, project and key", async () => {
  const body = task({ idempotencyKey: uniqueName("key"), payload: { a: 1, b: { c: 2 } } });
  const first = await program().post("/queue/tasks", body);
  expect(await program().post("/queue/tasks", { ...body, payload: { b: { c: 2 }, a: 1 }, priority: 0 })).toEqual(first);
  for (const other of [{ title: "U" }, { backendProfile: "deepseek" }, { priority: 1 }, { payload: {} }]) {
    const error = await program().refused(409, "POST", "/queue/tasks", { ...body, ...other });
    expect(error.reason).toBe("idempotency-conflict");
  }
  expect((await program().post("/queue/tasks", { ...body, projectId: "p2" })).id).not.toBe(first.id);
  expect((await program().post("/queue/tasks", { ...body, tenantId: "t2" })).id).not.toBe(first.id);
  const raced = task({ idempotencyKey: uniqueName("key") });
  const made = await Promise.all(Array.from({ length: 16 }, () => program().post("/queue/tasks", raced)));
  expect(new Set(made.map((one) => one.id)).size).toBe(1);
});

test("lists tasks by priority, age and id, with every filter, in pages", async () => {
  const queue = uniqueName("queue");
  const made: Record<string, string> = {};
  for (const [name, priority, lane] of [
    ["a", 0, "slow"],
    ["b", 5, "fast"],
    ["c", -3, "slow"],
    ["d", 5, "fast"],
    ["e", 0, "slow"],
  ] as const)
    made[name] = (await program().post("/queue/tasks", task({ queue, lane, priority, title: `task ${name}` }))).id;
  const order = ["b", "d", "a", "e", "c"].map((name) => made[name]);
  expect(ids(await program().get(`/queue/tasks?queue=${queue}`))).toEqual(order);
  const seen: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page: Json = await program().get(
      `/queue/tasks?queue=${queue}&limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`,
    );
    seen.push(...ids(page));
    cursor = page.cursor;
  }
  expect(seen).toEqual(order);
  expect(ids(await program().get(`/queue/tasks?queue=${queue}&lane=fast`))).toEqual([made.b, made.d]);
  expect(ids(await program().get(`/queue/tasks?queue=${queue}&search=TASK%20C`))).toEqual([made.c]);
  const cancelled = await program().post(`/queue/tasks/${made.c}/cancel`);
  expect(ids(await program().get(`/queue/tasks?queue=${queue}&state=cancelled`))).toEqual([made.c]);
  const after = await program().get(`/queue/tasks?queue=${queue}&updatedAfter=${cancelled.version - 1}`);
  expect(ids(after)).toEqual([made.c]);
  expect(ids(await program().get(`/queue/tasks?queue=${queue}&updatedAfter=${cancelled.version}`))).toEqual([]);
  await program().refused(400, "GET", "/queue/tasks?state=sleeping");
});

test("an attempt may set any state until the task is terminal, then gets 409, or cancelled", async () => {
  const made = await program().post("/queue/tasks", task());
  const attempt = (body: Record<string, unknown>) => program().post(`/queue/tasks/${made.id}/attempt`, body);
  const latestAttempt = { attemptId: "att-1", runId: "run_x", odd: [1] };
  let { version } = made;
  for (const state of ["running", "dispatched", "pending", "running"]) {
    const updated = await attempt({ state, latestAttempt, sessionPath: "/s/1" });
    expect(updated).toMatchObject({ state, latestAttempt, sessionPath: "/s/1" });
    expect(updated.version).toBeGreaterThan(version);
    version = updated.version;
  }
  expect(await attempt({ state: "failed", latestAttempt })).toMatchObject({ state: "failed", sessionPath: "/s/1" });
  const again = { state: "running", latestAttempt };
  const error = await program().refused(409, "POST", `/queue/tasks/${made.id}/attempt`, again);
  expect(error).toMatchObject({ failureKind: "schema-invalid", reason: "already-terminal" });
  const other = await program().post("/queue/tasks", task());
  await program().post(`/queue/tasks/${other.id}/cancel`);
  expect(await program().refused(409, "POST", `/queue/tasks/${other.id}/attempt`, again)).toMatchObject({
    failureKind: "cancelled",
  });
  for (const body of [{ state: "asleep", latestAttempt }, { state: "running" }, { latestAttempt }])
    await program().refused(400, "POST", `/queue/tasks/${made.id}/attempt`, body);
  await program().refused(404, "POST", "/queue/tasks/qt_nobody/attempt", again);
});

test("cancelling is idempotent and keeps the first reason", async () => {
  const made = await program().post("/queue/tasks", task());
  const first = await program().post(`/queue/tasks/${made.id}/cancel`, { reason: "no need" });
  expect(first).toMatchObject({ state: "cancelled", cancelReason: "no need" });
  expect(first.cancelledAt).not.toBeNull();
  expect(await program().post(`/queue/tasks/${made.id}/cancel`, { reason: "other" })).toEqual(first);
  const bare = await program().post("/queue/tasks", task());
  expect((await program().post(`/queue/tasks/${bare.id}/cancel`)).cancelReason).toBe("cancel requested");
});

test("read cursors behave like those of sessions", async () => {
  const made = await program().post("/queue/tasks", task());
  const unread = async () => (await program().get(`/queue/tasks/${made.id}?readerId=ann`)).unread;
  expect(await unread()).toBe(true);
  const mark = await program().post(`/queue/tasks/${made.id}/read`, { readerId: "ann" });
  expect(mark).toMatchObject({ taskId: made.id, readerId: "ann", taskVersion: made.version });
  expect(await unread()).toBe(false);
  const changed = await program().post(`/queue/tasks/${made.id}/attempt`, { state: "running", latestAttempt: null });
  expect(await unread()).toBe(true);
  await program().post(`/queue/tasks/${made.id}/read`, { readerId: "ann", version: changed.version });
  const back = await program().post(`/queue/tasks/${made.id}/read`, { readerId: "ann", version: 1 });
  expect(back.taskVersion).toBe(changed.version);
});

test("stats count by state, queue, lane and profile; commander adds the top twenty", async () => {
  const tenantId = uniqueName("tenant");
  for (let index = 0; index < 23; index += 1)
    await program().post(
      "/queue/tasks",
      task({
        tenantId,
        queue: index < 21 ? "big" : "small",
        lane: index % 2 === 0 ? "even" : "odd",
        priority: index,
        backendProfile: index === 0 ? "deepseek" : "codex",
      }),
    );
  const [first] = (await program().get(`/queue/tasks?tenantId=${tenantId}`)).items;
  await program().post(`/queue/tasks/${first.id}/cancel`);
  const stats = await program().get(`/queue/stats?tenantId=${tenantId}`);
  expect(stats).toMatchObject({
    queue: null,
    total: 23,
    byState: { pending: 22, cancelled: 1 },
    byQueue: { big: 21, small: 2 },
    byLane: { even: 12, odd: 11 },
    byBackendProfile: { codex: 22, deepseek: 1 },
  });
  expect(stats.generatedAt).toBe(new Date(stats.generatedAt).toISOString());
  const big = await program().get(`/queue/commander?tenantId=${tenantId}&queue=big`);
  expect(Object.keys(big)).toEqual(expect.arrayContaining(["generatedAt", "items", "queue", "stats"]));
  expect(big).toMatchObject({ queue: "big", stats: { queue: "big", total: 21, byQueue: { big: 21 } } });
  expect(big.items.map((item: Json) => item.priority)).toEqual(Array.from({ length: 20 }, (_, index) => 20 - index));
  expect((await program().get(`/queue/commander?tenantId=${tenantId}`)).items).toHaveLength(20);
});

test("refuses numbers out of a column's range and wrong types", async () => {
  for (const bad of [
    { priority: 2_147_483_648 },
    { priority: 0.5 },
    { title: "" },
    { title: 5 },
    { payload: [] },
    { payload: null },
    { references: {} },
    { runAt: "tomorrow" },
    { sessionId: "a/b" },
    { queue: "" },
    { executionPolicy: { sandbox: "open" } },
    { workspaceRef: { kind: "git", url: "file:///etc" } },
    { workspaceRef: { kind: "git", url: "ext::sh -c x" } },
    { workspaceRef: { kind: "git", url: "https://user:pw@host/x" } },
  ]) {
    const error = await program().refused(400, "POST", "/queue/tasks", task(bad));
    expect(error, JSON.stringify(bad)).toMatchObject({ failureKind: "schema-invalid", reason: "invalid-input" });
  }
});
