import { createHmac } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterAll, expect, test, vi } from "vitest";
import { CreateWebhookInput, ListDeliveriesInput } from "@/contract/webhook";
import { WEBHOOK_EVENTS } from "@/contract/words";
import type { Db } from "@/db/client";
import { beginDeliveries, removeOldDeliveries } from "@/db/queries/webhook-deliveries";
import { runs, webhookDeliveries, webhookEvents, webhooks } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { makeRun } from "@/db/test/factories";
import { decideApproval, requestApproval } from "@/server/approvals";
import { noteLimit } from "@/server/backends";
import { ackCommand, createCommand } from "@/server/commands";
import { inTx, type ServiceContext } from "@/server/context";
import { createTestQueue, playRun } from "@/server/dispatcher/test/queue";
import { getOverview } from "@/server/overview";
import { cancelTask, getTask } from "@/server/queue";
import { cancelRun, claimRun, createRun, finishRun } from "@/server/runs";
import { createSession } from "@/server/sessions";
import { runnerActor, tenantOperator, testContext } from "@/server/test/context";
import { rowsRead } from "@/server/test/rows-read";
import {
  createWebhook,
  deleteWebhook,
  listDeliveries,
  readWebhook,
  redeliver,
  redeliverFailed,
  rotateWebhookSecret,
  testWebhook,
  updateWebhook,
  WebhookSender,
} from ".";
import { ATTEMPTS_MAX, retryDelayAfter } from "./schedule";
import { answering, startReceiver } from "./test/receiver";

const make = (ctx: ServiceContext, url: string, input: Partial<CreateWebhookInput> = {}) =>
  createWebhook(
    ctx,
    CreateWebhookInput.parse({ name: `to ${url}`.slice(0, 60), url, events: [...WEBHOOK_EVENTS], ...input }),
  );
const deliveriesOf = async (ctx: ServiceContext, webhookId: string) =>
  (await listDeliveries(ctx, ListDeliveriesInput.parse({ webhookId, limit: 200 }))).items;

const started: WebhookSender[] = [];
function senderOf(
  ctx: ServiceContext,
  more: Partial<ConstructorParameters<typeof WebhookSender>[0]> = {},
): WebhookSender {
  const sender = new WebhookSender({ ctx, ...more });
  started.push(sender);
  return sender;
}
afterAll(() => Promise.all(started.map((sender) => sender.close())));

/** Runs passes until nothing is due or under way. */
async function settle(ctx: ServiceContext, sender = senderOf(ctx)): Promise<void> {
  await vi.waitFor(async () => {
    await sender.pass();
    // Nobody sends what is left of a deleted webhook.
    const due = sql`${webhookDeliveries.state} = 'pending'
      and exists (select from agentrun_webhooks webhook where webhook.id = ${webhookDeliveries.webhookId})
      and (${webhookDeliveries.isUnderWay} or ${webhookDeliveries.nextAttemptAt} <= clock_timestamp())`;
    expect(await (ctx.db as Db).$count(webhookDeliveries, due)).toBe(0);
    expect(await (ctx.db as Db).$count(webhookEvents)).toBe(0);
  }, 10_000);
}
const allDueNow = (ctx: ServiceContext) =>
  ctx.db.update(webhookDeliveries).set({ nextAttemptAt: sql`clock_timestamp()` });

test("sends run events once to each webhook of their tenant that asks for them", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using everything = await startReceiver();
  await using failures = await startReceiver();
  await using others = await startReceiver();
  const { id: webhookId, secret } = await make(ctx, everything.url);
  await make(ctx, failures.url, { events: ["run.failed"] });
  const { id: ofOther } = await make(ctx, "https://hooks.example/", { tenantId: "other" });
  const early = await makeRun(ctx.db as Db, { status: "claimed" });
  await ctx.db.update(runs).set({ status: "failed", failureKind: "timeout" }).where(eq(runs.id, early.id));
  const { id: runId } = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId: "ses_a" } });
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_a" });
  await finishRun(ctx, { runId, leaseEpoch, terminalStatus: "completed" });
  const { id: cancelled } = await createRun(ctx, { backendProfile: "codex" });
  await cancelRun(ctx, { runId: cancelled });
  // A webhook that is made later is told what happens from then on.
  await make(ctx, others.url, { name: "late" });

  const [one, two] = [senderOf(ctx), senderOf(ctx)];
  await Promise.all([one.pass(), two.pass(), one.pass()]);
  await settle(ctx);
  expect(everything.types()).toEqual(["run.cancelled", "run.completed", "run.failed", "session.created"]);
  expect(failures.received.map(({ body }) => body)).toEqual([
    {
      type: "run.failed",
      timestamp: expect.stringMatching(/^20.*Z$/),
      url: `http://127.0.0.1:3000/r/${early.id}`,
      data: {
        ...{ runId: early.id, sessionId: null, taskId: null, tenantId: "default", projectId: "default" },
        ...{ backendProfile: "codex", status: "failed", failureKind: "timeout" },
      },
    },
  ]);
  expect(others.received).toEqual([]);
  expect(await deliveriesOf(ctx, ofOther)).toEqual([]);
  const [message] = everything.received;
  const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = message?.headers ?? {};
  const key = Buffer.from(secret.slice("whsec_".length), "base64");
  expect(signature).toBe(`v1,${createHmac("sha256", key).update(`${id}.${at}.${message?.text}`).digest("base64")}`);
  const kept = await deliveriesOf(ctx, webhookId);
  expect(kept.map(({ state, attempts }) => [state, attempts])).toEqual(Array(4).fill(["delivered", 1]));
  expect(kept.find((delivery) => delivery.id === id)?.body).toBe(message?.text);
  expect(await readWebhook(ctx, webhookId)).toMatchObject({
    ...{ pending: 0, failed: 0, failingSince: null, lastDeliveredAt: expect.any(String) },
  });
});

test("sends what becomes of tasks and approvals", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await using receiver = await startReceiver();
  await make(ctx, receiver.url, {
    events: WEBHOOK_EVENTS.filter((event) => /^(approval|run|task|turn)\./.test(event)),
  });
  const [done, failed, parked, dropped] = [
    await queue.add({}),
    await queue.add({}),
    await queue.add({}),
    await queue.add({}),
  ];
  await cancelTask(ctx, { taskId: dropped });
  await queue.dispatch();
  const runOf = async (taskId: string) => (await getTask(ctx, { taskId })).runId ?? "";
  await playRun(ctx, await runOf(done), { terminalStatus: "completed" });
  await playRun(ctx, await runOf(failed), { terminalStatus: "failed", failureKind: "schema-invalid" });
  await noteLimit(queue.store.as().db as Db, "demo", { until: new Date(Date.now() + 3_600_000), message: "Out." });
  await playRun(ctx, await runOf(parked), { terminalStatus: "failed", failureKind: "rate-limited" });

  const { id: runId } = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId: "ses_asks" } });
  const turn = await createCommand(ctx, { runId, type: "turn", payload: { text: "go" } });
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_a" });
  const runner: ServiceContext = { ...ctx, actor: runnerActor(runId, leaseEpoch) };
  await ackCommand(runner, { commandId: turn.id, leaseEpoch });
  const ask = (requestKey: string) =>
    requestApproval(runner, { runId, leaseEpoch, requestKey, kind: "command", command: "rm -rf build", cwd: "/w" });
  const { approvalId } = await ask("first");
  await ask("second");
  await decideApproval(ctx, { approvalId, decision: "accept" });
  await finishRun(runner, { runId, leaseEpoch, terminalStatus: "failed", failureKind: "backend-failed" });

  await settle(ctx);
  expect(receiver.types()).toEqual([
    ...["approval.decided", "approval.requested", "approval.requested", "approval.superseded"],
    ...["run.completed", "run.completed", "run.completed", "run.failed"],
    ...["task.cancelled", "task.completed", "task.failed", "task.parked"],
    ...["turn.cancelled", "turn.completed", "turn.failed", "turn.failed"],
  ]);
  const dataOf = (type: string) => receiver.received.find(({ body }) => body.type === type)?.body.data;
  expect(dataOf("task.failed")).toMatchObject({ taskId: failed, state: "failed", deadLetter: "not-retryable" });
  expect(dataOf("task.parked")).toMatchObject({ taskId: parked, state: "pending", parkedUntil: expect.any(String) });
  expect(dataOf("approval.decided")).toMatchObject({ approvalId, decision: "accept", decidedBy: "operator:admin" });
  // What an agent wants to do is only for those who may read it.
  expect(receiver.received.map(({ text }) => text).join()).not.toContain("rm -rf");
});

test("filters by project and queue, and sends runs without a task only to webhooks without queues", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await using receiver = await startReceiver();
  const events = WEBHOOK_EVENTS.filter((event) => /^(run|task|turn)\./.test(event));
  const heard = async (input: Partial<CreateWebhookInput>) => (await make(ctx, receiver.url, { events, ...input })).id;
  const narrowed = {
    all: await heard({ name: "all" }),
    ofSite: await heard({ name: "site", projectIds: ["site", "none"] }),
    ofNights: await heard({ name: "nights", queues: ["nights"] }),
    ofBoth: await heard({ name: "both", projectIds: ["site"], queues: ["nights"] }),
  };
  const runOf = async (taskId: string) => (await getTask(ctx, { taskId })).runId ?? "";
  const nightly = await queue.add({ queue: "nights" });
  const both = await queue.add({ queue: "nights", projectId: "site" });
  const other = await queue.add({});
  await queue.dispatch();
  for (const taskId of [nightly, both, other]) await playRun(ctx, await runOf(taskId));
  const { id: alone } = await createRun(ctx, { backendProfile: "codex", projectId: "site" });
  await cancelRun(ctx, { runId: alone });
  await settle(ctx);

  const told = async (webhookId: string) =>
    (await deliveriesOf(ctx, webhookId)).map(({ event, data }) => `${event} ${data.taskId ?? data.runId}`).sort();
  const allOf = (taskId: string) => ["run", "task", "turn"].map((kind) => `${kind}.completed ${taskId}`);
  const cancelled = `run.cancelled ${alone}`;
  expect(await told(narrowed.all)).toEqual([cancelled, ...[nightly, both, other].flatMap(allOf)].sort());
  expect(await told(narrowed.ofSite)).toEqual([cancelled, ...allOf(both)].sort());
  expect(await told(narrowed.ofNights)).toEqual([nightly, both].flatMap(allOf).sort());
  expect(await told(narrowed.ofBoth)).toEqual(allOf(both));

  // Its filters are changed like everything else, and apply from then on.
  const before = await readWebhook(ctx, narrowed.ofNights);
  const changed = await updateWebhook(ctx, { webhookId: before.id, queues: [], projectIds: ["elsewhere"] });
  expect(changed).toMatchObject({ queues: [], projectIds: ["elsewhere"], version: before.version + 1 });
  expect(await updateWebhook(ctx, { webhookId: before.id, projectIds: ["elsewhere"] })).toEqual(changed);
});

test("approvals, schedules and budgets have the project and queue that they belong to", async () => {
  await using queue = await createTestQueue();
  const { ctx } = queue;
  await using receiver = await startReceiver();
  const events = WEBHOOK_EVENTS.filter((event) => /^(approval|schedule|budget)\./.test(event));
  const heard = async (input: Partial<CreateWebhookInput>) => (await make(ctx, receiver.url, { events, ...input })).id;
  const ofSite = await heard({ name: "site", projectIds: ["site"] });
  const ofNights = await heard({ name: "nights", queues: ["nights"] });
  const taskId = await queue.add({ queue: "nights" });
  await queue.dispatch();
  const { runId: ofTask } = await getTask(ctx, { taskId });
  const { id: alone } = await createRun(ctx, { backendProfile: "codex", projectId: "site" });
  await ctx.db.execute(sql`
    insert into agentrun_approvals (id, tenant_id, project_id, run_id, lease_epoch, request_key, kind, policy, status)
    values ('apr_task', 'default', 'default', ${ofTask}, 1, 'a', 'command', '{}', 'pending'),
      ('apr_alone', 'default', 'site', ${alone}, 1, 'a', 'command', '{}', 'pending')`);
  await ctx.db.execute(sql`
    insert into agentrun_schedules
      (id, tenant_id, project_id, name, cron, time_zone, overlap, catch_up_ms, task, created_by)
    values ('sch_night', 'default', 'site', 'night', '@yearly', 'UTC', 'skip', 0, '{"queue":"nights"}', 'operator:admin'),
      ('sch_day', 'default', 'default', 'day', '@yearly', 'UTC', 'skip', 0, '{}', 'operator:admin')`);
  await ctx.db.execute(sql`
    insert into agentrun_schedule_firings (schedule_id, due_at, outcome, message)
    select id, now(), 'refused', 'no' from agentrun_schedules`);
  await ctx.db.execute(sql`
    insert into agentrun_budgets (id, tenant_id, project_id, name, period, unit, "limit", action, created_by)
    values ('bud_all', 'default', null, 'all', 'day', 'tokens', 1, 'warn', 'operator:admin'),
      ('bud_site', 'default', 'site', 'site', 'day', 'tokens', 1, 'warn', 'operator:admin'),
      ('bud_each', 'default', null, 'each', 'session', 'tokens', 1, 'warn', 'operator:admin')`);
  const { sessionId } = await createSession(ctx, { backendProfile: "codex", projectId: "site", title: "One" });
  await ctx.db.execute(sql`
    insert into agentrun_budget_periods (budget_id, key, session_id, spent, reached_at)
    select id, '2026-01-01', case when period = 'session' then ${sessionId} end, 2, now() from agentrun_budgets`);
  await settle(ctx);

  const told = async (webhookId: string) =>
    (await deliveriesOf(ctx, webhookId)).map(({ data }) => data.approvalId ?? data.scheduleId ?? data.budgetId).sort();
  expect(await told(ofSite)).toEqual(["apr_alone", "bud_each", "bud_site", "sch_night"]);
  expect(await told(ofNights)).toEqual(["apr_task", "sch_night"]);
});

test("sends nothing of a rolled-back transaction, and stores no events without a webhook", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using receiver = await startReceiver();
  const end = async () => {
    const { id: runId } = await createRun(ctx, { backendProfile: "codex" });
    return cancelRun(ctx, { runId });
  };
  await end();
  expect(await (ctx.db as Db).$count(webhookEvents)).toBe(0);
  await make(ctx, receiver.url, { name: "of others", tenantId: undefined, events: ["task.failed"] });
  await end();
  expect(await (ctx.db as Db).$count(webhookEvents)).toBe(0);
  const { id: webhookId } = await make(ctx, receiver.url);
  await inTx(ctx, async (ctx) => {
    const { id: runId } = await createRun(ctx, { backendProfile: "codex" });
    await cancelRun(ctx, { runId });
    throw new Error("taken back");
  }).catch(() => undefined);
  await updateWebhook(ctx, { webhookId, isEnabled: false });
  await end();
  await updateWebhook(ctx, { webhookId, isEnabled: true });
  await settle(ctx);
  expect(receiver.received).toEqual([]);
});

test("sends exactly what happened while a webhook was enabled, however late the worker is", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using receiver = await startReceiver();
  await using other = await startReceiver();
  const { id: webhookId } = await make(ctx, receiver.url);
  await make(ctx, other.url);
  const end = async () => {
    const { id: runId } = await createRun(ctx, { backendProfile: "codex" });
    await cancelRun(ctx, { runId });
    return runId;
  };
  const before = await end();
  await updateWebhook(ctx, { webhookId, isEnabled: false });
  const meanwhile = await end();
  await rotateWebhookSecret(ctx, { webhookId });
  const sender = senderOf(ctx);
  await sender.pass();
  expect(await deliveriesOf(ctx, webhookId)).toMatchObject([
    { state: "pending", attempts: 0, data: { runId: before } },
  ]);
  const later = await end();
  await updateWebhook(ctx, { webhookId, isEnabled: true });
  const after = await end();
  await settle(ctx, sender);
  const runsTold = ({ received }: typeof receiver) => received.map(({ body }) => body.data.runId).sort();
  expect(runsTold(receiver)).toEqual([before, after].sort());
  expect(runsTold(other)).toEqual([before, meanwhile, later, after].sort());
});

test("repeats a message with the same id until it is accepted, and records every try", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using receiver = await startReceiver(answering(500));
  const { id: webhookId } = await make(ctx, receiver.url);
  const { id: deliveryId } = await testWebhook(ctx, { webhookId });
  const sender = senderOf(ctx);
  await settle(ctx, sender);
  const [waiting] = await deliveriesOf(ctx, webhookId);
  expect(waiting).toMatchObject({ state: "pending", attempts: 1, tries: [{ status: 500, error: "answered 500" }] });
  expect(Date.parse(waiting?.nextAttemptAt ?? "")).toBeGreaterThan(Date.now() + 3_000);
  expect(await readWebhook(ctx, webhookId)).toMatchObject({ pending: 1, failingSince: expect.any(String) });

  receiver.answerBy(answering(204));
  expect(await redeliver(ctx, { deliveryId })).toMatchObject({ state: "pending", attempts: 0 });
  await settle(ctx, sender);
  const [taken] = await deliveriesOf(ctx, webhookId);
  expect(taken).toMatchObject({ id: deliveryId, state: "delivered", nextAttemptAt: null, endedAt: expect.any(String) });
  expect(taken?.tries.map(({ status }) => status)).toEqual([500, 204]);
  expect(new Set(receiver.received.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set([deliveryId]));
  expect(await readWebhook(ctx, webhookId)).toMatchObject({ failingSince: null });
});

test("shows receivers' answers of the last tries beside their status, without credentials", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  let count = 0;
  await using receiver = await startReceiver((_, response) => {
    count += 1;
    response.writeHead(400, { "content-type": "text/plain" }).end(`no ${count}\u0000, TOKEN=abcdefgh12345678`);
  });
  const { id: webhookId } = await make(ctx, receiver.url);
  const { id: deliveryId } = await testWebhook(ctx, { webhookId });
  const sender = senderOf(ctx);
  for (let tries = 1; tries <= 5; tries += 1) {
    await allDueNow(ctx);
    await settle(ctx, sender);
  }
  const texts = async () => (await deliveriesOf(ctx, webhookId))[0]?.tries.map(({ text }) => text);
  const said = (number: number) => `no ${number}\ufffd, TOKEN=[redacted]`;
  expect(await texts()).toEqual([null, null, said(3), said(4), said(5)]);
  // One of before this was kept says nothing.
  const old = JSON.stringify([{ at: new Date().toISOString(), tookMs: 3, status: 500, error: "answered 500" }]);
  await ctx.db
    .update(webhookDeliveries)
    .set({ tries: sql`${old}::jsonb` })
    .where(eq(webhookDeliveries.id, deliveryId));
  expect(await texts()).toEqual([null]);
});

test("gives up a delivery after a day of tries, and disables a webhook that accepts nothing for so long", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using receiver = await startReceiver(answering(503, { "retry-after": "3600" }));
  const { id: webhookId } = await make(ctx, receiver.url);
  await testWebhook(ctx, { webhookId });
  const pauses: (number | null)[] = [];
  const noted: typeof retryDelayAfter = (attempts, askedMs) => {
    pauses.push(retryDelayAfter(attempts, askedMs));
    return pauses.at(-1) ?? null;
  };
  const sender = senderOf(ctx, { retryDelayAfter: noted });
  for (let tried = 1; tried <= ATTEMPTS_MAX; tried += 1) {
    await settle(ctx, sender);
    expect(receiver.received).toHaveLength(tried);
    if (tried === ATTEMPTS_MAX - 1) {
      expect((await getOverview(ctx, {})).needs, "a receiver that has just begun to fail").toEqual([]);
      await ctx.db.update(webhooks).set({ failingSince: sql`clock_timestamp() - interval '25 hours'` });
      expect((await getOverview(ctx, {})).needs).toMatchObject([
        { kind: "webhook-failing", webhookId, message: expect.stringContaining("every delivery fails") },
      ]);
    }
    await allDueNow(ctx);
  }
  await settle(ctx, sender);
  expect(receiver.received).toHaveLength(ATTEMPTS_MAX);
  // Never sooner than the receiver asked, and later each time.
  expect(pauses.slice(0, 5)).toEqual(Array(5).fill(3_600_000));
  expect(pauses.at(-1)).toBeNull();
  expect(pauses.slice(7, -1).every((pause, at, all) => (pause ?? 0) > (all[at - 1] ?? 3_600_000))).toBe(true);
  expect(await readWebhook(ctx, webhookId)).toMatchObject({
    ...{ isEnabled: false, failed: 1, pending: 0, disabledReason: "nothing arrived there for 24 hours" },
  });
  const { needs } = await getOverview(ctx, {});
  expect(needs.filter(({ kind }) => kind === "webhook-disabled")).toMatchObject([
    {
      title: expect.stringContaining("to http"),
      message: expect.stringContaining("nothing arrived there for 24 hours"),
    },
  ]);
  expect((await getOverview(ctx.as(tenantOperator("default")), {})).needs.map(({ kind }) => kind)).not.toContain(
    "webhook-disabled",
  );
  await expect(redeliverFailed(ctx, { webhookId })).rejects.toMatchObject({ reason: "webhook-disabled" });
  receiver.answerBy(answering(200));
  await updateWebhook(ctx, { webhookId, isEnabled: true });
  expect(await redeliverFailed(ctx, { webhookId })).toEqual({ webhookId, deliveries: 1, hasMore: false });
  await settle(ctx, sender);
  expect(await readWebhook(ctx, webhookId)).toMatchObject({ failed: 0, pending: 0, failingSince: null });
});

test("a given-up delivery among successful ones disables nothing; an answer of 410 disables at once", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using receiver = await startReceiver(answering(400));
  const { id: webhookId } = await make(ctx, receiver.url);
  await testWebhook(ctx, { webhookId });
  await settle(ctx, senderOf(ctx, { retryDelayAfter: () => null }));
  expect(await readWebhook(ctx, webhookId)).toMatchObject({ isEnabled: true, failed: 1 });
  receiver.answerBy(answering(410));
  await testWebhook(ctx, { webhookId });
  await settle(ctx);
  expect(await readWebhook(ctx, webhookId)).toMatchObject({
    ...{ isEnabled: false, failed: 2, disabledReason: "it answered 410: it is gone" },
  });
});

test("a silent receiver gets at most four requests at once, and delays no other", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  let held = 0;
  await using silent = await startReceiver(() => {
    held += 1;
  });
  await using other = await startReceiver();
  const { id: toSilent } = await make(ctx, silent.url);
  const { id: toOther } = await make(ctx, other.url);
  for (let sent = 0; sent < 40; sent += 1) await testWebhook(ctx, { webhookId: toSilent });
  const sender = senderOf(ctx);
  const pass = sender.pass();
  await vi.waitFor(() => expect(held).toBe(4));
  // In the middle of a pass with nothing else to do.
  for (let sent = 0; sent < 20; sent += 1) await testWebhook(ctx, { webhookId: toOther });
  await vi.waitFor(() => expect(other.received).toHaveLength(20), 5_000);
  expect(held).toBe(4);
  // Tries that are interrupted count as lost, not as refused.
  await sender.close();
  await pass;
  expect((await deliveriesOf(ctx, toSilent)).flatMap(({ tries }) => tries)).toEqual([]);
});

test("many silent receivers leave room for a working one", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using silent = await startReceiver(() => {});
  await using other = await startReceiver();
  for (let made = 0; made < 24; made += 1) {
    const { id: webhookId } = await make(ctx, silent.url, { name: `silent ${made}` });
    for (let sent = 0; sent < 5; sent += 1) await testWebhook(ctx, { webhookId });
  }
  // The state after their first tries.
  await ctx.db.update(webhooks).set({ failingSince: sql`clock_timestamp()` });
  const { id: toOther } = await make(ctx, other.url);
  const sender = senderOf(ctx);
  const pass = sender.pass();
  await vi.waitFor(() => expect(silent.received).toHaveLength(16));
  for (let sent = 0; sent < 20; sent += 1) await testWebhook(ctx, { webhookId: toOther });
  await vi.waitFor(() => expect(other.received).toHaveLength(20), 5_000);
  expect(silent.received).toHaveLength(16);
  await sender.close();
  await pass;
});

test("changes to a webhook do not wait for deliveries that are settled, and lose none", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database, { poolMax: 16 });
  let count = 0;
  await using receiver = await startReceiver((_, response) => {
    count += 1;
    response.writeHead(count % 3 === 0 ? 500 : 204).end();
  });
  const warned: unknown[] = [];
  const log = Object.assign(Object.create(ctx.log), { warn: (...words: unknown[]) => warned.push(words) });
  const ids: string[] = [];
  for (let made = 0; made < 3; made += 1) ids.push((await make(ctx, receiver.url, { name: `hook ${made}` })).id);
  for (const webhookId of ids) for (let sent = 0; sent < 40; sent += 1) await testWebhook(ctx, { webhookId });
  const senders = [1, 2].map(() => senderOf({ ...ctx, log }, { retryDelayAfter: () => 1 }));
  const acts = [
    (webhookId: string, turn: number) => updateWebhook(ctx, { webhookId, name: `${webhookId} ${turn}` }),
    (webhookId: string) => rotateWebhookSecret(ctx, { webhookId }),
    (webhookId: string) => redeliverFailed(ctx, { webhookId }),
    (webhookId: string) => testWebhook(ctx, { webhookId }),
    async (webhookId: string) => {
      const [last] = await deliveriesOf(ctx, webhookId);
      if (last) await redeliver(ctx, { deliveryId: last.id });
    },
  ];
  const passes = Promise.all(senders.map((sender) => sender.pass()));
  await Promise.all(
    acts.map(async (act) => {
      for (let turn = 0; turn < 20; turn += 1) for (const webhookId of ids) await act(webhookId, turn);
    }),
  );
  await passes;
  for (const sender of senders) await settle(ctx, sender);
  expect(warned).toEqual([]);
  for (const webhookId of ids) {
    const { pending, failed } = await readWebhook(ctx, webhookId);
    expect([pending, failed]).toEqual([0, 0]);
  }
});

test("deleting a webhook with events under way removes none of another's", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using receiver = await startReceiver();
  const { id: gone } = await make(ctx, receiver.url, { name: "gone" });
  const { id: stays } = await make(ctx, receiver.url, { name: "stays" });
  const { id: runId } = await createRun(ctx, { backendProfile: "codex" });
  await cancelRun(ctx, { runId });
  const sender = senderOf(ctx);
  await Promise.all([deleteWebhook(ctx, { webhookId: gone }), sender.pass()]);
  await settle(ctx, sender);
  expect(await deliveriesOf(ctx, stays)).toMatchObject([{ state: "delivered" }]);
  await expect(deliveriesOf(ctx, gone)).rejects.toMatchObject({ reason: "not-found" });
});

test("redelivering during a try uses only the new try's outcome", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const answers: ((status: number) => void)[] = [];
  await using receiver = await startReceiver((_, response) => {
    answers.push((status) => response.writeHead(status).end());
  });
  const { id: webhookId } = await make(ctx, receiver.url);
  const { id: deliveryId } = await testWebhook(ctx, { webhookId });
  const sender = senderOf(ctx);
  const pass = sender.pass();
  await vi.waitFor(() => expect(answers).toHaveLength(1));
  expect(await deliveriesOf(ctx, webhookId)).toMatchObject([{ isUnderWay: true, attempts: 1 }]);
  expect(await redeliver(ctx, { deliveryId })).toMatchObject({ isUnderWay: false, attempts: 0 });
  await vi.waitFor(() => expect(answers).toHaveLength(2));
  answers[0]?.(410);
  answers[1]?.(204);
  await pass;
  await settle(ctx, sender);
  expect(await deliveriesOf(ctx, webhookId)).toMatchObject([
    { state: "delivered", isUnderWay: false, attempts: 1, tries: [{ status: 204 }] },
  ]);
  expect(await readWebhook(ctx, webhookId)).toMatchObject({ isEnabled: true, failingSince: null });
});

test("an answer from a previous address does not affect the new one", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  let answer: () => void = () => undefined;
  await using old = await startReceiver((_, response) => {
    answer = () => response.writeHead(410).end();
  });
  await using fresh = await startReceiver();
  const { id: webhookId } = await make(ctx, old.url);
  await testWebhook(ctx, { webhookId });
  const sender = senderOf(ctx);
  const pass = sender.pass();
  await vi.waitFor(() => expect(old.received).toHaveLength(1));
  await updateWebhook(ctx, { webhookId, url: fresh.url });
  answer();
  await pass;
  await settle(ctx, sender);
  expect(await readWebhook(ctx, webhookId)).toMatchObject({ isEnabled: true, failingSince: null, failed: 1 });
});

test("closing before a try begins sends nothing and does not wait", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using receiver = await startReceiver(() => {});
  const { id: webhookId } = await make(ctx, receiver.url);
  await testWebhook(ctx, { webhookId });
  const sender = senderOf(ctx);
  const pass = sender.pass();
  const closed = sender.close();
  await Promise.all([pass, closed]);
  expect(receiver.received).toEqual([]);
});

test("a try whose worker died is repeated, and its late outcome is ignored", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using receiver = await startReceiver();
  const { id: webhookId } = await make(ctx, receiver.url);
  const { id: deliveryId } = await testWebhook(ctx, { webhookId });
  let answer: () => void = () => undefined;
  const frozen = senderOf(ctx, {
    send: () =>
      new Promise((resolve) => {
        answer = () => resolve({ status: 500, error: "answered 500", text: null, retryAfterMs: null });
      }),
  });
  const pass = frozen.pass();
  await vi.waitFor(async () => expect(await deliveriesOf(ctx, webhookId)).toMatchObject([{ attempts: 1 }]));
  const successor = senderOf(ctx);
  await successor.pass();
  expect(receiver.received).toEqual([]);
  await allDueNow(ctx);
  await successor.pass();
  await vi.waitFor(async () => expect(await deliveriesOf(ctx, webhookId)).toMatchObject([{ state: "delivered" }]));
  answer();
  await pass;
  expect(await deliveriesOf(ctx, webhookId)).toMatchObject([{ id: deliveryId, state: "delivered", attempts: 2 }]);
  expect((await deliveriesOf(ctx, webhookId))[0]?.tries).toHaveLength(1);
  expect(await readWebhook(ctx, webhookId)).toMatchObject({ failingSince: null });
});

test("a message that cannot be sent at all ends by its tries, and the worker continues", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: webhookId } = await make(ctx, "http://127.0.0.1:1/");
  await testWebhook(ctx, { webhookId });
  const refused = Object.assign(new TypeError("Request path contains unescaped characters"), {
    code: "ERR_UNESCAPED_CHARACTERS",
  });
  await settle(ctx, senderOf(ctx, { send: () => Promise.reject(refused) }));
  expect(await deliveriesOf(ctx, webhookId)).toMatchObject([
    { state: "pending", tries: [{ status: null, error: "ERR_UNESCAPED_CHARACTERS" }] },
  ]);
});

test("for a day after a secret's change messages are signed with both", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using receiver = await startReceiver();
  const { id: webhookId } = await make(ctx, receiver.url);
  const signatures = async () => {
    await testWebhook(ctx, { webhookId });
    await settle(ctx);
    return String(receiver.received.at(-1)?.headers["webhook-signature"]).split(" ");
  };
  expect(await signatures()).toHaveLength(1);
  await rotateWebhookSecret(ctx, { webhookId });
  expect(await signatures()).toHaveLength(2);
  await ctx.db.update(webhooks).set({ previousSecretUntil: sql`clock_timestamp() - interval '1 second'` });
  expect(await signatures()).toHaveLength(1);
});

test("a tenant's webhook never reaches this machine, whatever its name resolves to", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: webhookId } = await make(ctx, "https://localhost:1/", { tenantId: "t1" });
  await testWebhook(ctx, { webhookId });
  await settle(ctx);
  expect(await deliveriesOf(ctx, webhookId)).toMatchObject([
    { tries: [{ status: null, error: "its name leads to no public address" }] },
  ]);
});

test("removes deliveries after a month, whatever their state", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using receiver = await startReceiver();
  const { id: webhookId } = await make(ctx, receiver.url);
  const old = await testWebhook(ctx, { webhookId });
  const young = await testWebhook(ctx, { webhookId });
  await settle(ctx);
  await ctx.db
    .update(webhookDeliveries)
    .set({ createdAt: sql`clock_timestamp() - interval '31 days'` })
    .where(eq(webhookDeliveries.id, old.id));
  await senderOf(ctx).pass();
  expect((await deliveriesOf(ctx, webhookId)).map(({ id }) => id)).toEqual([young.id]);
});

test("finds due and old deliveries without reading waiting or kept ones", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: webhookId } = await make(ctx, "http://127.0.0.1:1/");
  await ctx.db.execute(sql`
    insert into agentrun_webhook_deliveries (id, webhook_id, event, data, at, next_attempt_at)
    select 'whd_' || n, ${webhookId}, 'run.failed', '{}', now(), now() + interval '1 hour' from generate_series(1, 20000) n`);
  await ctx.db.execute(sql`analyze agentrun_webhook_deliveries`);
  const begin = { max: 32, failingMax: 16, eachMax: 4, underWay: new Map<string, number>(), leaseMs: 60_000 };
  const read = await rowsRead(ctx, "agentrun_webhook_deliveries", async (ctx) => {
    await beginDeliveries(ctx.db, begin);
    await removeOldDeliveries(ctx.db, 30, 1_000);
  });
  expect(read).toBeLessThan(100);
});
