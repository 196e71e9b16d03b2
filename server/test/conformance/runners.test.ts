import { expect, test } from "vitest";
import { type Json, startProgram, uniqueName } from "./program";

const program = startProgram();

test("registering upserts by id, keeps registeredAt and redacts metadata", async () => {
  const id = uniqueName("runner");
  const first = await program().post("/runners", { id, placement: "lab", metadata: { host: "h1", apiKey: "s3cret" } });
  expect(first).toMatchObject({ id, placement: "lab", metadata: { host: "h1", apiKey: "[redacted]" } });
  const again = await program().post("/runners", { id, placement: "desk" });
  expect(again).toMatchObject({ id, placement: "desk", registeredAt: first.registeredAt });
  expect(Date.parse(again.heartbeatAt)).toBeGreaterThanOrEqual(Date.parse(first.heartbeatAt));
  expect(await program().get(`/runners/${id}`)).toEqual(again);
});

test("a runner without an id gets one from the server", async () => {
  const run = await program().run();
  const runner = await program().post("/runners", { runId: run.id, attemptId: "att-1", sourceCommit: "abc" });
  expect(runner.id).toMatch(/^runner_/);
  expect(runner).toMatchObject({ runId: run.id, attemptId: "att-1", sourceCommit: "abc" });
  const ofRun = await program().get(`/runners?runId=${run.id}`);
  expect(ofRun.items.map((item: Json) => item.id)).toEqual([runner.id]);
});

test("a runner's token registers only its own run's runner", async () => {
  const [mine, other] = [await program().run(), await program().run()];
  const { runnerToken } = await program().claim(mine.id, uniqueName("mine"));
  const taken = await program().claim(other.id, uniqueName("other"));
  const error = await program().refused(409, "POST", "/runners", { id: taken.claimedBy }, runnerToken);
  expect(error.reason).toBe("already-exists");
  expect(await program().post("/runners", { placement: "x" }, runnerToken)).toMatchObject({ runId: mine.id });
});

test("a runner's token reads only its own run's events", async () => {
  const [mine, other] = [await program().run(), await program().run()];
  const { runnerToken } = await program().claim(mine.id, uniqueName("reads"));
  const [own] = await program().events(mine.id);
  const [foreign] = await program().events(other.id);
  expect(await program().get(`/events/${own.id}`, runnerToken)).toEqual(own);
  const error = await program().refused(404, "GET", `/events/${foreign.id}`, undefined, runnerToken);
  expect(error.reason).toBe("not-found");
});

test("lists runners in pages, also by tenant and project", async () => {
  const tenantId = uniqueName("tenant");
  const run = await program().run({ tenantId, projectId: "p1" });
  for (let index = 0; index < 3; index += 1) await program().post("/runners", { runId: run.id });
  const page = await program().get(`/runners?tenantId=${tenantId}&projectId=p1&limit=2`);
  const rest = await program().get(`/runners?tenantId=${tenantId}&projectId=p1&limit=2&cursor=${page.cursor}`);
  expect(new Set([...page.items, ...rest.items].map((item: Json) => item.id)).size).toBe(3);
  expect(rest.cursor).toBeNull();
  expect((await program().get(`/runners?tenantId=${tenantId}&projectId=p2`)).items).toEqual([]);
});

test("a launch takes the oldest open command, and gets no-open-command without one", async () => {
  const run = await program().run();
  const error = await program().refused(409, "POST", `/runs/${run.id}/runner-jobs`, {});
  expect(error).toMatchObject({ failureKind: "schema-invalid", reason: "no-open-command" });
  const first = await program().turn(run.id, "one");
  const second = await program().turn(run.id, "two");
  const job = await program().post(`/runs/${run.id}/runner-jobs`);
  expect(job).toMatchObject({ runId: run.id, commandId: first.id });
  expect(job.id).toMatch(/^rjob_/);
  for (const field of [
    "attemptId",
    "runnerId",
    "namespace",
    "jobName",
    "managerUrl",
    "image",
    "sourceCommit",
    "result",
  ])
    expect(job, field).toHaveProperty(field);
  expect(await program().post(`/runs/${run.id}/runner-jobs`, { commandId: second.id })).toMatchObject({
    commandId: second.id,
  });
  expect(await program().get(`/runner-jobs/${job.id}`)).toEqual(job);
  const page = await program().get(`/runs/${run.id}/runner-jobs?limit=1`);
  const rest = await program().get(`/runs/${run.id}/runner-jobs?limit=1&cursor=${page.cursor}`);
  expect([...page.items, ...rest.items]).toHaveLength(2);
  await program().refused(404, "POST", `/runs/${run.id}/runner-jobs`, { commandId: "cmd_nobody" });
});

test("a launch is idempotent per run and key", async () => {
  const run = await program().run();
  const first = await program().turn(run.id);
  const second = await program().turn(run.id);
  const idempotencyKey = uniqueName("key");
  const job = await program().post(`/runs/${run.id}/runner-jobs`, { idempotencyKey });
  expect(await program().post(`/runs/${run.id}/runner-jobs`, { idempotencyKey })).toEqual(job);
  expect(await program().post(`/runs/${run.id}/runner-jobs`, { idempotencyKey, commandId: first.id })).toEqual(job);
  const other = { idempotencyKey, commandId: second.id };
  const error = await program().refused(409, "POST", `/runs/${run.id}/runner-jobs`, other);
  expect(error.reason).toBe("idempotency-conflict");
  const raced = { idempotencyKey: uniqueName("key") };
  const made = await Promise.all(Array.from({ length: 8 }, () => program().post(`/runs/${run.id}/runner-jobs`, raced)));
  expect(new Set(made.map((one) => one.id)).size).toBe(1);
});

test("refuses an evicted session before any other check, and creates nothing", async () => {
  const { run, sessionId } = await program().sessionRun();
  await program().ok("DELETE", `/sessions/${sessionId}/storage`);
  const error = await program().refused(409, "POST", `/runs/${run.id}/runner-jobs`, {});
  expect(error).toMatchObject({ failureKind: "session-store-evicted", reason: "store-evicted" });
  const named = await program().refused(409, "POST", `/runs/${run.id}/runner-jobs`, { commandId: "cmd_nobody" });
  expect(named.reason).toBe("store-evicted");
  expect((await program().get(`/runs/${run.id}/runner-jobs`)).items).toEqual([]);
  await program().post(`/runs/${run.id}/cancel`);
  const ended = await program().refused(409, "POST", `/runs/${run.id}/runner-jobs`, {});
  expect(ended.reason).toBe("store-evicted");
});

test("refuses to launch an ended run", async () => {
  const run = await program().run();
  await program().post(`/runs/${run.id}/cancel`);
  const error = await program().refused(409, "POST", `/runs/${run.id}/runner-jobs`, {});
  expect(error).toMatchObject({ failureKind: "cancelled", reason: "already-terminal" });
});

test("a backend combines its built-in profile with the stored row", async () => {
  const { items, cursor } = await program().get("/backends");
  expect(cursor).toBeNull();
  for (const profile of ["codex", "deepseek", "minimax-m3"])
    expect(items.find((item: Json) => item.profile === profile)).toMatchObject({
      capabilities: {
        protocol: "codex-app-server-jsonrpc-stdio",
        transport: "stdio",
        command: "codex app-server --listen stdio://",
      },
      capacity: { mode: "manual-runner-v0.1" },
      health: { status: "registered" },
    });
  const page = await program().get("/backends?limit=1");
  expect(page.items.map((item: Json) => item.profile)).toEqual(["codex"]);
  const next = await program().get(`/backends?limit=1&cursor=${page.cursor}`);
  expect(next.items.map((item: Json) => item.profile)).toEqual(["deepseek"]);
  expect((await program().refused(400, "GET", "/backends?nonsense=1")).message).toContain("nonsense");
});
