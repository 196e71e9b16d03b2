import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { runs } from "@/db/schema";
import { payloadHash } from "@/server/idempotency";
import { type Json, startProgram, uniqueName } from "./program";

const program = startProgram();
const phases = (events: Json[]) => events.map((event) => event.payload.phase ?? event.type);

test("a run is created with the contract's defaults and fields", async () => {
  const run = await program().run();
  expect(run).toMatchObject({
    tenantId: "default",
    projectId: "default",
    providerId: "default",
    backendProfile: "codex",
    workspaceRef: { kind: "empty" },
    sessionRef: null,
    resourceBundleRef: null,
    traceSink: null,
    status: "pending",
    terminalStatus: null,
    failureKind: null,
    failureMessage: null,
    claimedBy: null,
    leaseExpiresAt: null,
  });
  expect(run.id).toMatch(/^run_/);
  expect(run.createdAt).toBe(new Date(run.createdAt).toISOString());
  expect(await program().get(`/runs/${run.id}`)).toEqual(run);
});

test("a run creates its session in the same transaction, and becomes its last run", async () => {
  const sessionId = uniqueName("ses");
  const sessionRef = { sessionId, conversationId: "conv", threadId: "thr", metadata: { team: "a" } };
  const run = await program().run({ sessionRef, tenantId: "t1", projectId: "p1" });
  expect(run.sessionRef).toMatchObject(sessionRef);
  const session = await program().get(`/sessions/${sessionId}`);
  expect(session).toMatchObject({
    tenantId: "t1",
    projectId: "p1",
    backendProfile: "codex",
    conversationId: "conv",
    threadId: "thr",
    metadata: { team: "a" },
    lastRunId: run.id,
    executionState: "idle",
    storageKind: "pvc",
  });
  // Refused runs leave no session behind.
  const other = uniqueName("ses");
  await program().refused(400, "POST", "/runs", {
    backendProfile: "nobody-knows-it",
    sessionRef: { sessionId: other },
  });
  await program().refused(404, "GET", `/sessions/${other}`);
});

test("refuses a session of another project, profile or tenant as session-boundary", async () => {
  const { sessionId } = await program().post("/sessions", { backendProfile: "codex", tenantId: "t1", projectId: "p1" });
  const sessionRef = { sessionId };
  const own = { backendProfile: "codex", tenantId: "t1", projectId: "p1", sessionRef };
  for (const other of [{ projectId: "p2" }, { backendProfile: "deepseek" }, { tenantId: "t2" }]) {
    const error = await program().refused(409, "POST", "/runs", { ...own, ...other });
    expect(error).toMatchObject({ failureKind: "schema-invalid", reason: "session-boundary" });
  }
  await program().post("/runs", own);
});

test("the same key with the same content returns the first run; other content gets 409", async () => {
  const body = {
    backendProfile: "codex",
    idempotencyKey: uniqueName("key"),
    executionPolicy: { extra: { a: 1, b: 2 } },
  };
  const first = await program().post("/runs", body);
  const again = await program().post("/runs", { ...body, executionPolicy: { extra: { b: 2, a: 1 } } });
  expect(again.id).toBe(first.id);
  const error = await program().refused(409, "POST", "/runs", { ...body, providerId: "other" });
  expect(error.reason).toBe("idempotency-conflict");
  const elsewhere = await program().post("/runs", { ...body, projectId: "p9" });
  expect(elsewhere.id).not.toBe(first.id);
});

test("an omitted default and a given one are the same content", async () => {
  const sessionRef = { sessionId: uniqueName("ses"), expiresAt: "2030-01-01T01:00:00+01:00" };
  const bare = { backendProfile: "codex", idempotencyKey: uniqueName("key"), sessionRef };
  const first = await program().post("/runs", bare);
  const explicit = {
    tenantId: "default",
    projectId: "default",
    providerId: "default",
    workspaceRef: { kind: "empty" },
    executionPolicy: { sandbox: "workspace-write", approval: "on-request", onLost: "ask" },
    sessionRef: { ...sessionRef, expiresAt: "2030-01-01T00:00:00Z" },
  };
  expect((await program().post("/runs", { ...bare, ...explicit })).id).toBe(first.id);
  for (const other of [
    { workspaceRef: { kind: "git", url: "https://example.com/x" } },
    { executionPolicy: { onLost: "continue" } },
    { sessionRef: { ...sessionRef, threadId: "other" } },
    { sessionRef: { ...sessionRef, sessionId: uniqueName("ses") } },
    { traceSink: {} },
  ])
    await program().refused(409, "POST", "/runs", { ...bare, ...other });
});

test("a run stored with a digest of its original input is returned for the same input", async () => {
  const sent = { backendProfile: "codex", executionPolicy: { sandbox: "read-only" } };
  const idempotencyKey = uniqueName("key");
  const first = await program().post("/runs", { ...sent, idempotencyKey });
  await program()
    .web.wiring.database.db.update(runs)
    .set({ payloadHash: payloadHash(sent) })
    .where(eq(runs.id, first.id));
  expect((await program().post("/runs", { ...sent, idempotencyKey })).id).toBe(first.id);
  await program().refused(409, "POST", "/runs", {
    ...sent,
    idempotencyKey,
    executionPolicy: { sandbox: "workspace-write" },
  });
});

test("cancelling an unclaimed run ends its commands, records the request, then the end", async () => {
  const { run, sessionId } = await program().sessionRun();
  const command = await program().turn(run.id);
  const steer = await program().post(`/runs/${run.id}/commands`, { type: "steer", payload: { text: "left" } });
  const cancelled = await program().post(`/runs/${run.id}/cancel`);
  expect(cancelled).toMatchObject({ status: "cancelled", terminalStatus: "cancelled", failureKind: "cancelled" });
  const events = await program().events(run.id);
  expect(phases(events)).toEqual([
    "run-created",
    "command-created",
    "command-created",
    "command-terminal",
    "command-terminal",
    "cancel-requested",
    "terminal_status",
  ]);
  expect(events.map((event) => event.seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(events[3].payload.commandId).toBe(command.id);
  expect(events[4].payload.commandId).toBe(steer.id);
  expect(events[5].payload).toEqual({ phase: "cancel-requested", reason: "cancel requested" });
  expect(await program().get(`/commands/${command.id}`)).toMatchObject({ state: "cancelled" });
  expect(await program().get(`/sessions/${sessionId}`)).toMatchObject({
    executionState: "terminal",
    activeRunId: null,
  });
  // Idempotent: nothing is added.
  expect(await program().post(`/runs/${run.id}/cancel`, { reason: "again" })).toMatchObject({ status: "cancelled" });
  expect(await program().events(run.id)).toHaveLength(7);
});

test("cancelling a claimed run only records the request; its runner ends it", async () => {
  const { run } = await program().sessionRun();
  const command = await program().turn(run.id);
  const claimed = await program().claim(run.id, uniqueName("r"));
  const requested = await program().post(`/runs/${run.id}/cancel`, { reason: "wrong task" });
  expect(requested).toMatchObject({ status: "claimed", terminalStatus: null });
  expect(requested.cancelRequestedAt).not.toBeNull();
  await program().post(`/runs/${run.id}/cancel`, { reason: "again" });
  const before = await program().events(run.id);
  expect(before.at(-1).payload).toEqual({ phase: "cancel-requested", reason: "wrong task" });
  expect(before.filter((event: Json) => event.payload.phase === "cancel-requested")).toHaveLength(1);
  const end = { leaseEpoch: claimed.leaseEpoch, terminalStatus: "cancelled", failureKind: "cancelled" };
  await program().post(`/runs/${run.id}/finish`, end, claimed.runnerToken);
  expect(await program().get(`/runs/${run.id}`)).toMatchObject({ status: "cancelled", failureKind: "cancelled" });
  expect(await program().get(`/commands/${command.id}`)).toMatchObject({ state: "cancelled" });
});

test("a cancelled run whose lease is lost ends as cancelled", async () => {
  const { run } = await program().sessionRun();
  await program().turn(run.id);
  await program().claim(run.id, "lost-runner", { leaseMs: 500 });
  await program().post(`/runs/${run.id}/cancel`);
  const lease = await program().get(`/runs/${run.id}`);
  let answer: Json;
  do answer = await program().send("POST", `/api/v1/runs/${run.id}/claim`, { body: { runnerId: "next-runner" } });
  while (answer.body.error?.reason === "lease-held");
  expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(lease.leaseExpiresAt) - 50);
  expect(answer.status).toBe(409);
  expect(answer.body.error).toMatchObject({ failureKind: "cancelled", reason: "already-terminal" });
  expect(await program().get(`/runs/${run.id}`)).toMatchObject({ status: "cancelled", terminalStatus: "cancelled" });
  expect((await program().events(run.id)).at(-1)).toMatchObject({ type: "terminal_status" });
});

test("finish is final: the second returns the first one's result, and one terminal event remains last", async () => {
  const { run, sessionId } = await program().sessionRun();
  const { leaseEpoch } = await program().claim(run.id, "r1");
  const first = await program().post(`/runs/${run.id}/finish`, {
    leaseEpoch,
    terminalStatus: "failed",
    failureKind: "backend-failed",
    failureMessage: "it broke",
    threadId: "thread-9",
    turnId: "turn-9",
  });
  expect(first).toMatchObject({ status: "failed", failureKind: "backend-failed", failureMessage: "it broke" });
  const second = await program().post(`/runs/${run.id}/finish`, { leaseEpoch, terminalStatus: "completed" });
  expect(second).toMatchObject({ status: "failed", failureKind: "backend-failed" });
  const events = await program().events(run.id);
  expect(events.filter((event: Json) => event.type === "terminal_status")).toHaveLength(1);
  expect(events.at(-1).payload).toEqual({
    terminalStatus: "failed",
    failureKind: "backend-failed",
    message: "it broke",
  });
  const session = await program().get(`/sessions/${sessionId}`);
  expect(session.threadId).toBe("thread-9");
  expect(session.metadata.lastTurnId).toBe("turn-9");
  expect((await program().get(`/runs/${run.id}`)).sessionRef.threadId).toBe("thread-9");
  const append = { events: [{ type: "warning", payload: {} }] };
  expect((await program().refused(409, "POST", `/runs/${run.id}/events`, append)).reason).toBe("already-terminal");
});

test("refuses completed while a turn or steer waits, and the run continues", async () => {
  const run = await program().run();
  const { leaseEpoch } = await program().claim(run.id, "r1");
  const command = await program().turn(run.id);
  const finish = { leaseEpoch, terminalStatus: "completed" };
  const error = await program().refused(409, "POST", `/runs/${run.id}/finish`, finish);
  expect(error).toMatchObject({ failureKind: "schema-invalid", reason: "command-waiting" });
  await program().post(`/commands/${command.id}/ack`, { leaseEpoch });
  expect((await program().refused(409, "POST", `/runs/${run.id}/finish`, finish)).reason).toBe("command-waiting");
  await program().post(`/commands/${command.id}/finish`, { leaseEpoch, terminalStatus: "completed" });
  expect(await program().post(`/runs/${run.id}/finish`, finish)).toMatchObject({ status: "completed" });
});

test("a waiting interrupt does not block completed, and is cancelled before the terminal event", async () => {
  const run = await program().run();
  const { leaseEpoch } = await program().claim(run.id, "r1");
  const interrupt = await program().post(`/runs/${run.id}/commands`, { type: "interrupt", payload: {} });
  await program().post(`/runs/${run.id}/finish`, { leaseEpoch, terminalStatus: "completed" });
  expect(await program().get(`/commands/${interrupt.id}`)).toMatchObject({ state: "cancelled" });
  expect(phases(await program().events(run.id)).slice(-2)).toEqual(["command-terminal", "terminal_status"]);
});

test("server-written events have exactly the contract's payloads", async () => {
  const bundle = { kind: "inline", files: [{ path: "a.txt", content: "x" }] };
  const { run } = await program().sessionRun({ resourceBundleRef: bundle });
  const command = await program().turn(run.id);
  const { leaseEpoch } = await program().claim(run.id, "r1");
  await program().post(`/commands/${command.id}/ack`, { leaseEpoch });
  await program().post(`/commands/${command.id}/finish`, {
    leaseEpoch,
    terminalStatus: "failed",
    failureKind: "backend-failed",
    failureMessage: "no model",
    threadId: "thr",
    turnId: "trn",
  });
  await program().post(`/runs/${run.id}/finish`, { leaseEpoch, terminalStatus: "completed" });
  const payloads = (await program().events(run.id)).map((event: Json) => event.payload);
  const { sessionRef } = await program().get(`/runs/${run.id}`);
  expect(payloads).toEqual([
    { phase: "run-created", backendProfile: "codex", sessionRef: run.sessionRef, resourceBundleRef: bundle },
    { phase: "command-created", commandId: command.id, commandType: "turn" },
    { phase: "run-claimed", runnerId: "r1" },
    { phase: "session-updated", sessionRef, turnId: "trn" },
    {
      phase: "command-terminal",
      commandId: command.id,
      state: "failed",
      terminalStatus: "failed",
      failureKind: "backend-failed",
      message: "no model",
      threadId: "thr",
      turnId: "trn",
    },
    { terminalStatus: "completed", failureKind: null, message: null },
  ]);
});

test("lists runs by each filter, in pages whose cursor is bound to the filter", async () => {
  const tenantId = uniqueName("tenant");
  const sessionId = uniqueName("ses");
  const runs: Json[] = [];
  for (let index = 0; index < 5; index += 1) {
    const sessionRef = index < 2 ? { sessionId } : undefined;
    runs.push(await program().run({ tenantId, ...(sessionRef ? { sessionRef } : {}) }));
  }
  await program().post(`/runs/${runs[4].id}/cancel`);
  const pages: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page: Json = await program().get(`/runs?tenantId=${tenantId}&limit=2${cursor ? `&cursor=${cursor}` : ""}`);
    expect(page.items.length).toBeLessThanOrEqual(2);
    pages.push(...page.items.map((run: Json) => run.id));
    cursor = page.cursor;
  }
  expect([...pages].sort()).toEqual(runs.map((run) => run.id).sort());
  const ids = async (filter: string) =>
    (await program().get(`/runs?tenantId=${tenantId}&${filter}`)).items.map((run: Json) => run.id).sort();
  expect(await ids("status=cancelled")).toEqual([runs[4].id]);
  expect(await ids(`sessionId=${sessionId}`)).toEqual([runs[0].id, runs[1].id].sort());
  expect(await ids("backendProfile=deepseek")).toEqual([]);
  expect(await ids("projectId=default")).toHaveLength(5);
  const first = await program().get(`/runs?tenantId=${tenantId}&limit=1`);
  const error = await program().refused(400, "GET", `/runs?tenantId=other&cursor=${first.cursor}`);
  expect(error.failureKind).toBe("schema-invalid");
});
