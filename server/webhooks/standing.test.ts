import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { CreateWebhookInput } from "@/contract/webhook";
import { WEBHOOK_EVENTS, type WebhookEvent } from "@/contract/words";
import type { Db } from "@/db/client";
import { archiveOrders, webhookEvents } from "@/db/schema";
import { expireLease, makeRun } from "@/db/test/factories";
import { clearLimit, noteLimit, setBackend } from "@/server/backends";
import { storeProbe } from "@/server/backends/store-probe";
import { inTx, type ServiceContext } from "@/server/context";
import { createTestQueue, playRun, type TestQueue } from "@/server/dispatcher/test/queue";
import { cancelTask, getTask, retryTask, updateTask } from "@/server/queue";
import { purgeDeleted } from "@/server/retention";
import { claimRun, finishRun, releaseRun } from "@/server/runs";
import { createSession, deleteSession, updateSession } from "@/server/sessions";
import { evictStorage, refreshStorage, repairStorage, restoreStorage } from "@/server/storage";
import { createTestStore } from "@/server/storage/test/context";
import { claimSession, makeUsedSession } from "@/server/storage/test/volume";
import { createWebhook, WebhookSender } from ".";
import { startReceiver } from "./test/receiver";

/**
 * Makes a receiver of some kinds of events; `told` returns what it received since the last call, in the order of the
 * events.
 */
async function listen(ctx: ServiceContext, kinds: RegExp, input: Partial<CreateWebhookInput> = {}) {
  const receiver = await startReceiver();
  const events = WEBHOOK_EVENTS.filter((event) => kinds.test(event));
  const name = `of ${receiver.url}`.slice(0, 60);
  const parsed = CreateWebhookInput.parse({ name, url: receiver.url, events, ...input });
  await createWebhook(ctx, parsed);
  return {
    async told(): Promise<[WebhookEvent, Record<string, unknown>][]> {
      const sender = new WebhookSender({ ctx });
      await sender.pass();
      await sender.close();
      expect(await (ctx.db as Db).$count(webhookEvents)).toBe(0);
      const heard = receiver.received.splice(0).map(({ text }) => JSON.parse(text));
      heard.sort((left, right) => left.timestamp.localeCompare(right.timestamp));
      return heard.map(({ type, data }) => [type, data]);
    },
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
}
const named = (told: [WebhookEvent, Record<string, unknown>][], key: string) =>
  told.map(([event, data]) => `${event} ${data[key]}`);

test("a session reports its creation, rename and deletion, and nothing rolled back", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await using all = await listen(ctx, /^session\./);
  await using ofSite = await listen(ctx, /^session\./, { projectIds: ["site"] });
  await using ofNights = await listen(ctx, /^session\./, { queues: ["nights"] });
  const plain = { backendProfile: "codex", projectId: "default" };
  await createSession(ctx, { ...plain, sessionId: "ses_a", title: "A".repeat(300), conversationId: "chat-1" });
  await createSession(ctx, { ...plain, sessionId: "ses_b", projectId: "site" });
  // Repeating the call returns the same session.
  await createSession(ctx, { ...plain, sessionId: "ses_b", projectId: "site" });
  await inTx(ctx, async (ctx) => {
    await createSession(ctx, { ...plain, sessionId: "ses_none" });
    await deleteSession(ctx, { sessionId: "ses_a" });
    throw new Error("taken back");
  }).catch(() => undefined);
  await updateSession(ctx, { sessionId: "ses_a", title: "B" });
  await updateSession(ctx, { sessionId: "ses_a", title: "B", metadata: { any: "thing" } });
  await deleteSession(ctx, { sessionId: "ses_a" });
  // The purged session loses its title and its volume.
  while ((await purgeDeleted(ctx)).emptied.length > 0);

  const told = await all.told();
  expect(named(told, "sessionId")).toEqual([
    ...["session.created ses_a", "session.created ses_b", "session.renamed ses_a", "session.deleted ses_a"],
  ]);
  expect(told.map(([, { title }]) => title)).toEqual(["A".repeat(200), null, "B", "B"]);
  expect(told[0]?.[1]).toEqual({
    ...{ sessionId: "ses_a", title: "A".repeat(200), tenantId: "default", projectId: "default" },
    ...{ backendProfile: "codex", conversationId: "chat-1" },
  });
  expect(named(await ofSite.told(), "sessionId")).toEqual(["session.created ses_b"]);
  // They belong to no queue.
  expect(await ofNights.told()).toEqual([]);
});

test("reports each session that the dispatcher makes in a batch", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await using all = await listen(ctx, /^session\.created/);
  for (let count = 0; count < 3; count += 1) await queue.add();
  expect(await queue.dispatch()).toBe(3);
  const ids = (await all.told()).map(([, { sessionId }]) => sessionId);
  expect(new Set(ids).size).toBe(3);
});

test("reports nothing of other tenants' sessions, volumes and runners", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await using all = await listen(ctx, /./);
  const other = CreateWebhookInput.parse({
    ...{ name: "other", url: "https://hooks.example/", events: [...WEBHOOK_EVENTS], tenantId: "other" },
  });
  const { id: ofOther } = await createWebhook(ctx, other);
  const sessionId = await makeUsedSession(ctx, { note: "one" });
  await evictStorage(ctx, { sessionId });
  await deleteSession(ctx, { sessionId });
  const { rows } = await ctx.db.execute(
    sql`select event from agentrun_webhook_events where ${ofOther} = any(webhook_ids)`,
  );
  expect(rows).toEqual([]);
  expect((await all.told()).map(([event]) => event)).toEqual(
    expect.arrayContaining(["session.created", "volume.evicted", "session.deleted"]),
  );
});

test("reports a volume's eviction and restore once each", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "kept" });
  await using all = await listen(ctx, /^volume\./);
  await evictStorage(ctx, { sessionId });
  await repairStorage(ctx);
  expect(await all.told()).toMatchObject([
    ["volume.evicted", { sessionId, tenantId: "default", state: "evicted", isRestorable: true }],
  ]);
  // A volume that was made after the eviction is removed as well.
  await ctx.db.execute(sql`update agentrun_sessions set storage_state = 'deleting' where session_id = ${sessionId}`);
  await repairStorage(ctx);
  expect(await all.told()).toEqual([]);
  await restoreStorage(ctx, { sessionId });
  expect(await all.told()).toEqual([]);
  const { runner, leaseEpoch, runId } = await claimSession(ctx, sessionId);
  const report = { storageSizeBytes: 10, storageFilesCount: 1, storageSha256: "b".repeat(64) };
  await refreshStorage(runner, { sessionId, leaseEpoch, ...report });
  await refreshStorage(runner, { sessionId, leaseEpoch, ...report });
  await finishRun(runner, { runId, leaseEpoch, terminalStatus: "completed" });
  expect(await all.told()).toMatchObject([["volume.restored", { sessionId, state: "live", sizeBytes: 10 }]]);
  await evictStorage(ctx, { sessionId });
  expect(named(await all.told(), "sessionId")).toEqual([`volume.evicted ${sessionId}`]);
});

test("reports a failed archive once until it is ordered again, without the pod's message", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const sessionId = await makeUsedSession(ctx, { note: "kept" });
  await using all = await listen(ctx, /^archive\./);
  const order = { sessionId, tenantId: "default", attemptId: "arv_1", orderedBy: "collection" as const };
  await ctx.db.insert(archiveOrders).values(order);
  const fail = (failure: string | null) =>
    ctx.db.update(archiveOrders).set({ failure }).where(eq(archiveOrders.sessionId, sessionId));
  await fail("its node is gone");
  await fail("its node is still gone");
  const told = await all.told();
  expect(told).toMatchObject([["archive.failed", { sessionId, orderedBy: "collection", projectId: "default" }]]);
  expect(JSON.stringify(told)).not.toContain("node");
  await fail(null);
  await fail("again");
  expect(await all.told()).toHaveLength(1);
});

test("reports a runner that lost its run, but not one that released or finished it", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await using all = await listen(ctx, /^runner\./);
  await using ofNights = await listen(ctx, /^runner\./, { queues: ["nights"] });
  const { id: runId } = await makeRun(ctx.db as Db);
  await claimRun(ctx, { runId, runnerId: "runner_a", leaseMs: 1_000 });
  await expireLease(ctx.db as Db, runId);
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_b" });
  await releaseRun(ctx, { runId, leaseEpoch });
  const again = await claimRun(ctx, { runId, runnerId: "runner_c" });
  await finishRun(ctx, { runId, leaseEpoch: again.leaseEpoch, terminalStatus: "completed" });
  expect(await all.told()).toEqual([
    [
      "runner.lost",
      {
        ...{ runnerId: "runner_a", runId, sessionId: null, taskId: null, tenantId: "default", projectId: "default" },
        backendProfile: "codex",
      },
    ],
  ]);
  expect(await ofNights.told()).toEqual([]);
});

test("reports to every tenant when a backend stops and resumes taking work, for any cause", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const db = ctx.db as Db;
  await using all = await listen(ctx, /^backend\./);
  await using ofSite = await listen(ctx, /^backend\./, { projectIds: ["site"] });
  const other = { name: "other", url: "https://hooks.example/", events: [...WEBHOOK_EVENTS], tenantId: "other" };
  const { id: ofOther } = await createWebhook(ctx, CreateWebhookInput.parse(other));
  const until = new Date(Date.now() + 3_600_000);
  await noteLimit(db, "codex", { until, message: "Organisation org-secret is out of credit." });
  await noteLimit(db, "codex", { until: new Date(until.getTime() + 60_000), message: "Still." });
  const { rows } = await db.execute(sql`select event from agentrun_webhook_events where ${ofOther} = any(webhook_ids)`);
  expect(rows).toEqual([{ event: "backend.unavailable" }]);
  await clearLimit(db, "codex");
  await clearLimit(db, "codex");
  const told = await all.told();
  expect(told).toEqual([
    ["backend.unavailable", { backendProfile: "codex", cause: "limited", until: until.toISOString() }],
    ["backend.available", { backendProfile: "codex", cause: null, until: null }],
  ]);

  const probe = { latencyMs: 5, status: 500, message: "it failed", models: null };
  await storeProbe(db, "codex", { ...probe, isOk: false });
  expect(await all.told()).toEqual([]);
  await storeProbe(db, "codex", { ...probe, isOk: false });
  await storeProbe(db, "codex", { ...probe, isOk: false });
  await storeProbe(db, "codex", { ...probe, isOk: true });
  await setBackend(ctx, { profile: "codex", maxRunning: 3 });
  await setBackend(ctx, { profile: "codex", isEnabled: false, reason: "too dear" });
  await setBackend(ctx, { profile: "codex", isEnabled: true });
  expect(named(await all.told(), "cause")).toEqual([
    ...["backend.unavailable failing", "backend.available null"],
    ...["backend.unavailable disabled", "backend.available null"],
  ]);
  expect(await ofSite.told()).toEqual([]);
});

async function fail({ ctx }: TestQueue, taskId: string): Promise<void> {
  const { runId } = await getTask(ctx, { taskId });
  await playRun(ctx, runId ?? "", { terminalStatus: "failed", failureKind: "backend-failed" });
}
const after = (...ids: string[]) => ({ dependsOn: ids.map((taskId) => ({ taskId })) });

test("reports a task that comes to wait for a person once, and again after a retry of the failure", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const [one, two] = [await queue.add(), await queue.add()];
  const held = await queue.add({ ...after(one, two), title: "last", queue: "nights" });
  const goesOn = await queue.add({ ...after(one), onDependencyFailed: "start" });
  await queue.add({ ...after(one), onDependencyFailed: "fail" });
  await using all = await listen(ctx, /^task\.held/);
  await using ofNights = await listen(ctx, /^task\.held/, { queues: ["nights"] });
  await using ofDefault = await listen(ctx, /^task\.held/, { queues: ["default"] });
  await queue.dispatch();
  await fail(queue, one);
  await queue.dispatch();
  expect((await getTask(ctx, { taskId: goesOn })).state).toBe("dispatched");
  expect(await all.told()).toMatchObject([
    ["task.held", { taskId: held, title: "last", queue: "nights", state: "pending", failedTaskId: one }],
  ]);
  expect(await ofNights.told()).toHaveLength(1);
  expect(await ofDefault.told()).toEqual([]);

  // If another dependency fails, or the task is judged again, it is still the same wait.
  await fail(queue, two);
  await queue.dispatch();
  await ctx.db.execute(sql`insert into agentrun_queue_dependency_doubts (task_id) values (${held})`);
  await queue.dispatch();
  expect(await all.told()).toEqual([]);
  // The second dependency still holds it. Without that one, it waits only for the first, which fails again.
  await updateTask(ctx, { taskId: held, dependsOn: [{ taskId: one }] });
  await queue.dispatch();
  await retryTask(ctx, { taskId: one });
  await queue.dispatch();
  expect(await all.told()).toEqual([]);
  await fail(queue, one);
  await queue.dispatch();
  expect(named(await all.told(), "failedTaskId")).toEqual([`task.held ${one}`]);

  // It was cancelled and is retried: a new wait begins.
  await cancelTask(ctx, { taskId: held });
  await retryTask(ctx, { taskId: held });
  await queue.dispatch();
  expect(named(await all.told(), "taskId")).toEqual([`task.held ${held}`]);
  await updateTask(ctx, { taskId: held, dependsOn: [] });
  expect(await all.told()).toEqual([]);
});

test("reports a released task again that comes to wait for another failure", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  const [one, two] = [await queue.add(), await queue.add()];
  const held = await queue.add(after(one, two));
  await using all = await listen(ctx, /^task\.held/);
  await queue.dispatch();
  await fail(queue, one);
  await queue.dispatch();
  await retryTask(ctx, { taskId: one });
  await queue.dispatch();
  const { runId } = await getTask(ctx, { taskId: one });
  await playRun(ctx, runId ?? "");
  await queue.dispatch();
  await fail(queue, two);
  await queue.dispatch();
  expect(named(await all.told(), "failedTaskId")).toEqual([`task.held ${one}`, `task.held ${two}`]);
  expect((await getTask(ctx, { taskId: held })).blocker?.kind).toBe("dependency-failed");
});
