import { beforeAll, expect, test } from "vitest";
import { type Json, startProgram, uniqueName } from "./program";

const program = startProgram();

/** Values that no field accepts, or only one of free text or free JSON. */
const HOSTILE: unknown[] = [
  null,
  "",
  " ",
  "a\u0000b",
  "x\ud800",
  "\u202e'\";--$(x){{x}}",
  "../../etc/passwd",
  "z".repeat(70_000),
  0,
  -1,
  1.5,
  2_147_483_648,
  Number.MAX_SAFE_INTEGER + 1,
  1e300,
  true,
  [],
  [null],
  [{ type: "warning", payload: { a: "\u0000" } }],
  {},
  { kind: "git", url: "https://169.254.169.254/x" },
  { a: { b: { c: ["\ud800"] } } },
  { toString: 1, constructor: { prototype: {} } },
];

type Base = { path: string; type: "query" | "mutation"; input: Record<string, unknown> };
/** A task that a schedule adds. */
const SCHEDULED = {
  ...{ title: "t", queue: "q", lane: "l", priority: 1, backendProfile: "codex", payload: { text: "x" } },
  ...{ metadata: { a: 1 }, references: [{ a: 1 }], sessionId: undefined, executionPolicy: {} },
};
let bases: Base[] = [];

beforeAll(async () => {
  const { run, sessionId } = await program().sessionRun();
  const { id: commandId } = await program().turn(run.id);
  const { id: runnerJobId } = await program().post(`/runs/${run.id}/runner-jobs`);
  const { claimedBy: runnerId } = await program().claim(run.id, uniqueName("r"));
  const { id: taskId } = await program().post("/queue/tasks", { title: "t", backendProfile: "codex", payload: {} });
  const runId = run.id as string;
  const [{ id: eventId }] = await program().events(runId);
  const page = { tenantId: "default", projectId: "default", cursor: undefined, limit: 5 };
  const range = {
    ...{ since: "2026-01-01T00:00:00Z", until: "2026-02-01T00:00:00Z", withinHours: 1 },
    ...{ withinMinutes: 30, olderThanMinutes: 5 },
  };
  const query = (path: string, input: Record<string, unknown>): Base => ({ path, type: "query", input });
  const change = (path: string, input: Record<string, unknown>): Base => ({ path, type: "mutation", input });
  bases = [
    change("runs.create", {
      ...{ tenantId: "t", projectId: "p", providerId: "v", backendProfile: "codex", workspaceRef: { kind: "empty" } },
      ...{ executionPolicy: {}, resourceBundleRef: { kind: "inline", files: [] }, traceSink: {} },
      sessionRef: { sessionId: uniqueName("s") },
      idempotencyKey: undefined,
    }),
    query("runs.get", { runId }),
    query("runs.list", {
      ...{
        ...page,
        status: "pending",
        backendProfile: "codex",
        sessionId,
        taskId,
        failureKind: "timeout",
        search: "r",
        runIds: [runId],
      },
      ...range,
    }),
    query("runs.outcomes", { tenantId: "t", projectId: "p", withinHours: 1 }),
    query("runs.stats", { tenantId: "t", projectId: "p", withinHours: 1 }),
    query("runs.timeline", { runId, cursor: undefined, limit: 5 }),
    query("runs.turns", { runId, cursor: undefined, limit: 5 }),
    query("runs.job", { runId, attemptId: undefined }),
    query("runs.log", {
      runId,
      attemptId: undefined,
      container: "runner",
      tailLines: 5,
      since: "2026-01-01T00:00:00Z",
    }),
    query("runs.changes", { runId, afterSeq: 0, limit: 5 }),
    change("runs.claim", { runId, runnerId, leaseMs: 60_000, nonce: "n" }),
    change("runs.heartbeat", {
      ...{ runId, runnerId, leaseEpoch: 1, leaseMs: 60_000, roundTripMs: 3, cpuPercent: 7, rssBytes: 1_000_000 },
    }),
    change("runs.finish", {
      ...{ runId, runnerId: "nobody", leaseEpoch: 999, terminalStatus: "failed", failureKind: "timeout" },
      ...{ failureMessage: "m", threadId: "t", turnId: "t" },
    }),
    change("runs.cancel", { runId: "run_nobody", reason: "r" }),
    change("runs.logBodies", { runId: "run_nobody", minutes: 5 }),
    change("runs.release", { runId, leaseEpoch: 999, reason: "r", isDrained: true }),
    change("runs.forceRelease", { runId, reason: "r" }),
    change("commands.create", {
      ...{ runId, type: "turn", idempotencyKey: undefined },
      payload: { text: "x", outputSchema: { type: "object", properties: { a: { type: "string" } } } },
    }),
    ...HOSTILE.map((attachments) =>
      change("commands.create", { runId, type: "steer", payload: { text: "x", attachments } }),
    ),
    query("commands.get", { commandId }),
    query("commands.list", { runId, afterSeq: 0, limit: 5 }),
    change("commands.ack", { commandId, leaseEpoch: 1 }),
    change("commands.finish", {
      ...{ commandId, leaseEpoch: 999, terminalStatus: "failed", failureKind: "timeout" },
      output: undefined,
      ...{ failureMessage: "m", threadId: "t", turnId: "t" },
    }),
    change("commands.cancel", { commandId, reason: "r" }),
    query("events.get", { eventId }),
    change("events.append", {
      ...{ runId, runnerId, leaseEpoch: 1, batchId: undefined },
      events: [{ type: "warning", payload: {}, at: "2026-01-01T00:00:00Z" }],
    }),
    query("events.list", { runId, afterSeq: 0, limit: 5 }),
    query("events.search", {
      ...{ runId, text: "run", types: "warning", withoutTypes: "error", isFailed: false, order: "oldest", fromSeq: 1 },
      ...{ since: "2026-01-01T00:00:00Z", until: "2026-02-01T00:00:00Z", cursor: undefined, limit: 5 },
    }),
    change("events.live", { runId, leaseEpoch: 1, frames: [] }),
    change("runners.register", {
      ...{ id: uniqueName("r"), runId, attemptId: "a", backendProfile: "codex", placement: "p", sourceCommit: "c" },
      metadata: {},
    }),
    query("runners.get", { runnerId }),
    query("runners.list", {
      ...{ ...page, runId, state: "living", backendProfile: "codex", placement: "p", search: "r" },
      ...{ host: "h", sourceCommit: "c", skew: "build", endKind: "lost", isLaunched: true, isDrained: false },
      ...{ isStuck: true, heardWithinMinutes: 60, silentForMinutes: 1, withinHours: 24 },
    }),
    query("runners.stats", { tenantId: "t", projectId: "p" }),
    query("runners.history", { tenantId: "t", minutes: 60 }),
    change("runners.drain", { runnerId: "runner_nobody", reason: "r" }),
    change("runners.resume", { runnerId: "runner_nobody", reason: "r" }),
    change("runners.revoke", { runnerId: "runner_nobody", reason: "r" }),
    change("runners.kill", { runnerId: "runner_nobody", reason: "r" }),
    change("runnerJobs.launch", { runId, commandId, idempotencyKey: undefined }),
    query("runnerJobs.get", { runnerJobId }),
    query("runnerJobs.list", { runId, cursor: undefined, limit: 5 }),
    change("sessions.create", {
      ...{ sessionId: uniqueName("s"), tenantId: "t", projectId: "p", backendProfile: "codex", title: "t" },
      ...{ conversationId: "c", threadId: "t", metadata: {}, expiresAt: "2030-01-01T00:00:00Z" },
      ...{ codexRolloutSubdir: "sessions", storage: { kind: "none" } },
    }),
    query("sessions.get", { sessionId, readerId: "r" }),
    query("sessions.list", {
      ...page,
      state: "all",
      backendProfile: "codex",
      storageKind: "pvc",
      search: "s",
      readerId: "r",
      sessionIds: [sessionId],
      ...{ unread: true, hasFailure: false, failureKind: "timeout", expiresWithinMinutes: 60 },
      metadata: { ticket: 7, team: "shop" },
      ...range,
    }),
    query("sessions.digests", { sessionIds: [sessionId] }),
    query("sessions.searchConversations", { text: "hello", sessionId, ...page }),
    change("sessions.update", { sessionId, title: "t", metadata: {}, expiresAt: null }),
    change("sessions.delete", { sessionId: "nobody" }),
    change("sessions.fork", {
      ...{
        sessionId: "nobody",
        newSessionId: uniqueName("f"),
        title: "t",
        metadata: {},
        expiresAt: "2030-01-01T00:00:00Z",
      },
    }),
    query("sessions.trace", { sessionId, runId, afterSeq: 0, limit: 5 }),
    query("sessions.output", { sessionId, runId, afterSeq: 0, limit: 5 }),
    change("sessions.markRead", { sessionId, readerId: "r", version: 1 }),
    change("attachments.create", { sessionId, name: "a.gif", base64: "R0lGODlhAQABAAAAACw=" }),
    query("attachments.get", { attachmentId: "img_x" }),
    query("attachments.list", { sessionId, cursor: undefined, limit: 5 }),
    query("files.list", { sessionId, path: "", ...page }),
    query("files.read", { sessionId, path: "a.txt" }),
    query("storage.get", { sessionId }),
    query("storage.sizes", { sessionId }),
    query("storage.list", {
      ...{ ...page, storageKind: "pvc", storageState: "live", search: "s", pinned: false, isExpired: false },
      ...{ expiresWithinMinutes: 60, isAttached: false, isHealthy: true, archive: "none", largerThanBytes: 1 },
      sort: "sizeBytes",
    }),
    change("storage.refresh", {
      ...{ sessionId, leaseEpoch: undefined, storageSizeBytes: 1, storageFilesCount: 1, storageSha256: "a".repeat(64) },
      ...{ pvcPhase: "Bound", storageKind: "pvc", pvcName: "x", storageNamespace: "local", codexRolloutSubdir: "x" },
    }),
    change("storage.forceRelease", { sessionId: "nobody", reason: "r" }),
    change("storage.evict", { sessionId: "nobody", reason: "r" }),
    change("storage.restore", { sessionId: "nobody" }),
    change("storage.archive", { sessionId: "nobody" }),
    change("storage.pin", { sessionId: "nobody", reason: "r" }),
    change("storage.unpin", { sessionId: "nobody" }),
    change("storage.extend", { sessionId: "nobody", expiresAt: null }),
    change("storage.extend", { sessionId: "nobody", byMs: 1 }),
    query("storage.history", { cursor: undefined, limit: 5 }),
    query("storage.orphans", {}),
    change("storage.adopt", {
      ...{ name: "agentrun-x", uid: "u", backendProfile: "codex", sessionId: "s", tenantId: "t", projectId: "p" },
      title: "t",
    }),
    change("storage.delete", { name: "agentrun-x", uid: "u", confirmName: "agentrun-x" }),
    change("storage.pauseGc", { reason: "r" }),
    change("storage.resumeGc", {}),
    change("storage.gc", { dryRun: true, limit: 5 }),
    change("backends.set", { profile: "minimax-m3", maxRunning: 10, isUp: true, isEnabled: false, reason: "the bill" }),
    change("backends.test", { profile: "demo" }),
    ...["queue.createTask", "queue.simulateTask"].map((path) =>
      change(path, {
        ...{ tenantId: "t", projectId: "p", queue: "q", lane: "l", title: "t", priority: 1, backendProfile: "codex" },
        ...{ providerId: "v", workspaceRef: { kind: "empty" }, executionPolicy: {}, resourceBundleRef: undefined },
        ...{ sessionId: undefined, payload: {}, references: [], metadata: {}, idempotencyKey: undefined },
        ...{ runAt: undefined, expiresAt: undefined },
      }),
    ),
    change("queue.createAttachment", {
      ...{ tenantId: "t", projectId: "p", name: "a.gif", base64: "R0lGODlhAQABAAAAACw=" },
    }),
    ...HOSTILE.map((attachments) =>
      change("queue.createTask", { title: "t", backendProfile: "codex", payload: { text: "x", attachments } }),
    ),
    query("queue.listTasks", {
      ...{ ...page, queue: "q", lane: "l", state: "pending", search: "s", updatedAfter: 1, readerId: "r" },
      ...{ backendProfile: "codex", sessionId, failureKind: "timeout", concurrencyKey: "k", sort: "updatedAt" },
      ...{ parked: true, unread: true, metadata: { ticket: 7, team: null } },
      ...range,
    }),
    query("queue.getTask", { taskId, readerId: "r" }),
    change("queue.updateAttempt", { taskId, state: "running", latestAttempt: {}, sessionPath: "/s" }),
    change("queue.updateTask", {
      ...{ taskId, expectedVersion: 0, title: "t", priority: 1, queue: "q", lane: "l" },
      ...{ runAt: "2026-01-01T00:00:00Z", expiresAt: "2026-01-01T00:00:00Z" },
    }),
    change("queue.retryTask", { taskId, expectedVersion: 0 }),
    query("queue.waits", { queue: "q", tenantId: "t", projectId: "p" }),
    query("queue.waitsByHour", { queue: "q", tenantId: "t", projectId: "p", days: 2, minuteOfHour: 30 }),
    change("queue.createTasks", { tasks: [{ title: "t", backendProfile: "codex", payload: {} }] }),
    query("queue.listAttempts", { taskId, limit: 1 }),
    query("queue.listDependencyResults", { taskId }),
    query("queue.explain", { taskId }),
    query("queue.graph", { taskId }),
    query("queue.listControls", { tenantId: "t", queue: "q" }),
    change("queue.setControl", {
      ...{ tenantId: "t", queue: "q", maxRunning: 1, keyMaxRunning: 1, weight: 1, state: "open", reason: "r" },
      ...{ startsMax: 1, startsWindowSeconds: 60 },
      expectedVersion: 0,
    }),
    ...["queue.pause", "queue.resume", "queue.drain"].map((path) =>
      change(path, { tenantId: "t", queue: "q", lane: "l", reason: "r" }),
    ),
    change("queue.cancelTask", { taskId: "qt_nobody", reason: "r" }),
    change("queue.markTaskRead", { taskId, readerId: "r", version: 1 }),
    change("queue.markTasksRead", { readerId: "r", tasks: [{ taskId, version: 1 }] }),
    change("queue.markTasksRead", { readerId: "r", filter: { queue: "q", metadata: { a: "b" }, search: "s" } }),
    ...["bulk.preview", "bulk.create"].map((path) =>
      change(path, {
        ...{ tenantId: "t", projectId: "p", kind: "task", action: "move", filter: { queue: "q", metadata: { a: 1 } } },
        ...{ priority: 1, queue: "q", lane: "l", byMs: 1, readerId: "r", asOf: "2026-01-31T12:00:00Z" },
        ...(path === "bulk.create" ? { reason: "r", idempotencyKey: undefined, confirmCount: 0 } : {}),
      }),
    ),
    query("bulk.get", { bulkId: "bulk_x" }),
    query("bulk.list", { kind: "run", cursor: undefined, limit: 5 }),
    query("bulk.results", { bulkId: "bulk_x", outcome: "done", cursor: undefined, limit: 5 }),
    query("bulk.outcomes", { bulkId: "bulk_x" }),
    ...["bulk.abort", "bulk.retry", "bulk.undo"].map((path) => change(path, { bulkId: "bulk_x" })),
    query("queue.stats", { queue: "q", lane: "l", tenantId: "t", projectId: "p" }),
    query("queue.commander", { queue: "q", tenantId: "t", projectId: "p" }),
    query("queue.history", { queue: "q", lane: "l", tenantId: "t", minutes: 60 }),
    query("queue.verify", {}),
    query("usage.ofRun", { runId }),
    query("usage.ofSession", { sessionId }),
    query("usage.ofTask", { taskId }),
    query("usage.summary", {
      ...{ groupBy: "session", byDay: true, from: "2026-01-01", to: "2026-01-02", tenantId: "t", projectId: "p" },
      ...{ backendProfile: "codex", model: "m", limit: 5 },
    }),
    query("usage.latency", { profile: "codex", within: "7d", tenantId: "t" }),
    query("usage.calls", {
      ...page,
      callId: "mc_x",
      runId,
      sessionId,
      taskId,
      backendProfile: "codex",
      model: "m",
      outcome: "ok",
    }),
    query("usage.verify", {}),
    query("approvals.list", {
      ...{ ...page, ...range, status: "pending", kind: "command", sort: "oldest" },
      ...{ sessionId, runId, search: runId },
    }),
    query("overview.get", { readerId: "ann", tenantId: "default", projectId: "p" }),
    query("approvals.get", { approvalId: "apr_x" }),
    change("approvals.decide", { approvalId: "apr_x", decision: "accept", reason: "r" }),
    change("approvals.request", {
      ...{ runId, leaseEpoch: 1, requestKey: "k", kind: "command", itemId: "i", turnId: "t", command: "c", cwd: "/" },
      ...{ changes: [], reason: "r", agentThreadId: "thread" },
    }),
    change("archive.missing", { sessionId, leaseEpoch: undefined, digests: [] }),
    change("archive.commit", { runId, leaseEpoch: 1, manifest: {} }),
    change("archive.store", { manifest: {} }),
    query("archive.manifest", { sessionId }),
    query("audit.list", {
      ...{ tenantId: "t", cursor: undefined, limit: 5, id: "aud_x", actor: "a", action: "b", targetKind: "run" },
      ...{ targetId: "r", callerKind: "operator", ...range },
    }),
    query("views.list", { page: "runs", cursor: undefined, limit: 5 }),
    change("views.create", { page: "runs", name: uniqueName("view"), query: "status:failed", isShared: false }),
    change("views.update", { viewId: "view_x", name: "n", query: "q", isShared: true, expectedVersion: 1 }),
    change("views.delete", { viewId: "view_x", expectedVersion: 1 }),
    query("views.count", { page: "sessions", readerId: "r", cursor: undefined }),
    query("webhooks.list", { tenantId: "t", cursor: undefined, limit: 5 }),
    query("webhooks.get", { webhookId: "wh_x" }),
    change("webhooks.create", {
      ...{ name: uniqueName("webhook"), url: "https://hooks.example/agentrun", events: ["run.failed"], tenantId: "t" },
      ...{ format: "chat", projectIds: ["p"], queues: ["q"] },
    }),
    change("webhooks.update", {
      ...{ webhookId: "wh_x", name: "n", url: "https://hooks.example/", events: ["task.parked"], isEnabled: false },
      ...{ expectedVersion: 1, format: "json", projectIds: ["p"], queues: ["q"] },
    }),
    change("webhooks.delete", { webhookId: "wh_x", expectedVersion: 1 }),
    change("webhooks.rotateSecret", { webhookId: "wh_x" }),
    change("webhooks.test", { webhookId: "wh_x" }),
    query("webhooks.deliveries", { webhookId: "wh_x", state: "failed", cursor: undefined, limit: 5 }),
    query("webhooks.delivery", { deliveryId: "whd_x" }),
    change("webhooks.redeliver", { deliveryId: "whd_x" }),
    change("webhooks.redeliverFailed", { webhookId: "wh_x" }),
    query("budgets.list", { tenantId: "t", projectId: "p", search: "s", cursor: undefined, limit: 5 }),
    query("budgets.get", { budgetId: "bgt_x" }),
    change("budgets.create", {
      ...{
        name: uniqueName("budget"),
        tenantId: "t",
        projectId: "p",
        backendProfile: "demo",
        period: "day",
        unit: "USD",
      },
      ...{ limit: 1.5, warnPercent: 50, action: "tell" },
    }),
    change("budgets.update", {
      ...{ budgetId: "bgt_x", name: "n", limit: 2, warnPercent: null, action: "hold", expectedVersion: 1 },
    }),
    change("budgets.delete", { budgetId: "bgt_x", expectedVersion: 1 }),
    change("budgets.raise", { budgetId: "bgt_x", sessionId: "ses_x", limit: 3 }),
    query("budgets.periods", { budgetId: "bgt_x", cursor: undefined, limit: 5 }),
    query("budgets.ofSession", { sessionId: "ses_x" }),
    query("schedules.list", { tenantId: "t", projectId: "p", search: "s", cursor: undefined, limit: 5 }),
    query("schedules.get", { scheduleId: "sch_x" }),
    change("schedules.create", {
      ...{ name: uniqueName("schedule"), cron: "0 9 * * *", timeZone: "UTC", tenantId: "t", projectId: "p" },
      ...{ overlap: "allow", catchUpMs: 1, isPaused: true, task: { ...SCHEDULED, expiresAfterMs: 60_000 } },
    }),
    change("schedules.update", {
      ...{ scheduleId: "sch_x", name: "n", cron: "@daily", timeZone: "UTC", overlap: "skip", catchUpMs: 1 },
      ...{ isPaused: false, task: SCHEDULED, expectedVersion: 1 },
    }),
    change("schedules.delete", { scheduleId: "sch_x", expectedVersion: 1 }),
    change("schedules.trigger", { scheduleId: "sch_x", idempotencyKey: "k" }),
    query("schedules.preview", { cron: "0 9 * * *", timeZone: "Europe/Berlin" }),
    query("schedules.firings", { scheduleId: "sch_x", outcome: "created", cursor: undefined, limit: 5 }),
    query("docs.list", {}),
    query("docs.get", { name: "queue" }),
    query("docs.search", { search: "lane" }),
    query("identity.signInMethods", {}),
    query("identity.ownTokens", {}),
    change("identity.createOwnToken", { label: uniqueName("label"), scopes: ["runs"] }),
    change("identity.createSignInLink", {}),
    change("identity.startDeviceSignIn", { client: uniqueName("client") }),
    change("identity.pollDeviceSignIn", { deviceCode: "x" }),
    query("identity.deviceSignIn", { userCode: "BCDF-GHJK" }),
    change("identity.decideDeviceSignIn", { userCode: "BCDF-GHJK", decision: "allow" }),
    change("identity.revokeOwnToken", { tokenId: "tok_nobody", reason: "r" }),
    query("identity.tokens", { tenantId: "t", cursor: undefined, limit: 5 }),
    change("identity.createToken", {
      ...{
        name: uniqueName("token"),
        role: "viewer",
        tenantId: "t",
        scopes: ["runs"],
        expiresAt: "2100-01-01T00:00:00Z",
      },
    }),
    change("identity.revokeToken", { tokenId: "tok_nobody", reason: "r" }),
    query("backends.list", { cursor: undefined, limit: 5 }),
    query("backends.get", { profile: "codex" }),
  ];
});

async function call(base: Base, input: unknown): Promise<void> {
  const { status, error } = await program().trpc(base.type, base.path, input);
  const what = `${base.path} ${JSON.stringify(input)?.slice(0, 300)}`;
  if (status === 200) return;
  // 431: the server refuses an address that is longer than it reads, before our code sees it.
  if (status === 431) return;
  expect(status, `${what}: ${JSON.stringify(error)}`).toBeGreaterThanOrEqual(400);
  expect(status, `${what}: ${JSON.stringify(error)}`).toBeLessThan(500);
  expect(error.data.agentrun, what).toMatchObject({
    failureKind: expect.any(String),
    reason: expect.any(String),
    message: expect.any(String),
    requestId: expect.any(String),
  });
}

async function callAll(calls: (() => Promise<void>)[]): Promise<void> {
  const queue = [...calls];
  await Promise.all(
    Array.from({ length: 8 }, async () => {
      for (let next = queue.shift(); next; next = queue.shift()) await next();
    }),
  );
}

test("every procedure accepts its own plain input, and none is missing here", async () => {
  const { paths } = (await program().send("GET", "/api/openapi.json")).body;
  const named = new Set<string>();
  for (const methods of Object.values<Json>(paths))
    for (const operation of Object.values<Json>(methods)) named.add(operation.operationId);
  const here = new Set(bases.map((base) => base.path));
  const missing = [...named].filter(
    (name) => !here.has(name) && !/watch|health|identity|content|files\.tar|sessions\.patch/i.test(name),
  );
  expect(missing).toEqual([]);
  await callAll(bases.map((base) => () => call(base, base.input)));
});

test("no value of any procedure's field causes a 500", { timeout: 240_000 }, async () => {
  const calls = bases.flatMap((base) =>
    Object.keys(base.input).flatMap((field) =>
      HOSTILE.map((value) => () => call(base, { ...base.input, [field]: value })),
    ),
  );
  await callAll(calls);
  expect(calls.length).toBeGreaterThan(4_000);
  expect((await program().send("GET", "/readyz")).status).toBe(200);
});

test("no whole input causes a 500", async () => {
  const wholes = [null, [], "text", 7, true, [{}], { __proto__: null }, {}];
  await callAll(bases.flatMap((base) => wholes.map((whole) => () => call(base, whole))));
});

test("REST refuses an input with the same message", async () => {
  const { id: runId } = await program().run();
  for (const [path, route, input] of [
    ["runs.claim", `/runs/${runId}/claim`, { runnerId: "r", leaseMs: 1 }],
    ["runs.create", "/runs", { backendProfile: "codex", surprise: 1 }],
    ["sessions.create", "/sessions", { backendProfile: "codex", sessionId: "../x" }],
    ["queue.createTask", "/queue/tasks", { title: "" }],
    ["events.append", `/runs/${runId}/events`, { events: [] }],
    ["commands.create", `/runs/${runId}/commands`, { type: "dance", payload: {} }],
  ] as const) {
    const rest = await program().refused(400, "POST", route, input);
    const whole = path.startsWith("runs.claim") || route.includes(runId) ? { ...input, runId } : input;
    const typed = await program().trpc("mutation", path, whole);
    const { requestId: _rest, ...said } = rest;
    const { requestId: _typed, ...same } = typed.error.data.agentrun;
    expect(same, path).toEqual(said);
  }
});
