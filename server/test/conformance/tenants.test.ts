import { beforeAll, expect, test } from "vitest";
import { mintOperatorToken } from "@/server/identity";
import { ADMIN } from "@/server/test/context";
import { openSse } from "@/server/test/sse";
import { type Json, startProgram, uniqueName } from "./program";

const program = startProgram();
let mine = "";
let viewer = "";

beforeAll(async () => {
  const ctx = program().web.as(ADMIN);
  mine = await mintOperatorToken(ctx, { name: "of a", role: "operator", tenantId: "tenant-a" });
  viewer = await mintOperatorToken(ctx, { name: "looks at a", role: "viewer", tenantId: "tenant-a" });
});

/** Makes a record of each kind for another tenant. */
async function theirs() {
  const owner = { tenantId: "tenant-b", backendProfile: "codex" };
  const sessionId = uniqueName("b-ses");
  await program().post("/sessions", { ...owner, sessionId });
  const run = await program().run({ ...owner, sessionRef: { sessionId } });
  const command = await program().turn(run.id);
  const job = await program().post(`/runs/${run.id}/runner-jobs`);
  const { claimedBy } = await program().claim(run.id, uniqueName("b-runner"));
  const task = await program().post("/queue/tasks", { ...owner, title: "t", payload: {} });
  const [event] = (await program().get(`/runs/${run.id}/events`)).items;
  return { sessionId, run, command, event, job, runnerId: claimedBy as string, task };
}

test("a tenant's caller creates for its own tenant, and cannot name another", async () => {
  const run = await program().post("/runs", { backendProfile: "codex" }, mine);
  expect(run.tenantId).toBe("tenant-a");
  expect(await program().post("/sessions", { backendProfile: "codex" }, mine)).toMatchObject({ tenantId: "tenant-a" });
  const body = { title: "t", backendProfile: "codex", payload: {} };
  expect(await program().post("/queue/tasks", body, mine)).toMatchObject({ tenantId: "tenant-a" });
  const other = { backendProfile: "codex", tenantId: "tenant-b" };
  for (const path of ["/runs", "/sessions"])
    expect((await program().refused(403, "POST", path, other, mine)).failureKind).toBe("forbidden");
});

test("every procedure answers not-found for another tenant's record, and changes nothing", async () => {
  const { sessionId, run, command, event, job, runnerId, task } = await theirs();
  const before = await program().get(`/runs/${run.id}`);
  const calls: [string, string, unknown?][] = [
    ["GET", `/runs/${run.id}`],
    ["POST", `/runs/${run.id}/claim`, { runnerId: "a" }],
    ["POST", `/runs/${run.id}/heartbeat`, { runnerId }],
    ["POST", `/runs/${run.id}/finish`, { terminalStatus: "completed" }],
    ["POST", `/runs/${run.id}/cancel`, {}],
    ["POST", `/runs/${run.id}/commands`, { type: "turn", payload: { text: "x" } }],
    ["GET", `/runs/${run.id}/commands`],
    ["GET", `/commands/${command.id}`],
    ["POST", `/commands/${command.id}/ack`, {}],
    ["POST", `/commands/${command.id}/finish`, { terminalStatus: "failed" }],
    ["POST", `/commands/${command.id}/cancel`, {}],
    ["POST", `/runs/${run.id}/events`, { events: [{ type: "error", payload: {} }] }],
    ["GET", `/runs/${run.id}/events`],
    ["GET", `/runs/${run.id}/turns`],
    ["GET", `/events/${event.id}`],
    ["GET", `/runs/${run.id}/events/watch`],
    ["GET", `/runs/${run.id}/commands/watch`],
    ["POST", `/runs/${run.id}/runner-jobs`, {}],
    ["GET", `/runs/${run.id}/runner-jobs`],
    ["GET", `/runner-jobs/${job.id}`],
    ["GET", `/runners/${runnerId}`],
    ["GET", `/runs/${run.id}/usage`],
    ["GET", `/sessions/${sessionId}/usage`],
    ["GET", `/queue/tasks/${task.id}/usage`],
    ["POST", "/runners", { runId: run.id }],
    ["GET", `/sessions/${sessionId}`],
    ["PATCH", `/sessions/${sessionId}`, { title: "x" }],
    ["DELETE", `/sessions/${sessionId}`],
    ["POST", `/sessions/${sessionId}/fork`, {}],
    ["GET", `/sessions/${sessionId}/trace`],
    ["GET", `/sessions/${sessionId}/output`],
    ["POST", `/sessions/${sessionId}/read`, { readerId: "a" }],
    ["GET", `/sessions/${sessionId}/storage`],
    ["GET", `/sessions/${sessionId}/storage/sizes`],
    ["DELETE", `/sessions/${sessionId}/storage`],
    ["POST", `/sessions/${sessionId}/storage/restore`, {}],
    ["POST", `/sessions/${sessionId}/storage/archive`, {}],
    ["POST", `/sessions/${sessionId}/storage/pin`, {}],
    ["POST", `/sessions/${sessionId}/storage/unpin`, {}],
    ["POST", `/sessions/${sessionId}/storage/extend`, { expiresAt: null }],
    [
      "POST",
      `/sessions/${sessionId}/storage/refresh`,
      { storageSizeBytes: 1, storageFilesCount: 1, storageSha256: "a".repeat(64) },
    ],
    ["POST", "/sessions", { sessionId, backendProfile: "codex" }],
    ["POST", "/runs", { backendProfile: "codex", sessionRef: { sessionId } }],
    ["POST", "/queue/tasks", { title: "t", backendProfile: "codex", payload: {}, sessionId }],
    ["GET", `/queue/tasks/${task.id}`],
    ["POST", `/queue/tasks/${task.id}/attempt`, { state: "running", latestAttempt: null }],
    ["POST", `/queue/tasks/${task.id}/cancel`, {}],
    ["POST", `/queue/tasks/${task.id}/read`, { readerId: "a" }],
  ];
  for (const [method, path, body] of calls) {
    const error = await program().refused(404, method, path, body, mine);
    expect(error, `${method} ${path}`).toMatchObject({ failureKind: "schema-invalid", reason: "not-found" });
  }
  expect(await program().get(`/runs/${run.id}`)).toEqual(before);
  expect(await program().get(`/sessions/${sessionId}`)).toMatchObject({ title: "do it", storageState: "live" });
  expect(await program().get(`/queue/tasks/${task.id}`)).toMatchObject({ state: "pending" });
});

test("another tenant's runner cannot be registered by its id", async () => {
  const { runnerId, run } = await theirs();
  const error = await program().refused(409, "POST", "/runners", { id: runnerId, placement: "x" }, mine);
  expect(error.reason).toBe("already-exists");
  const own = await program().post("/runs", { backendProfile: "codex" }, mine);
  await program().refused(409, "POST", `/runs/${own.id}/claim`, { runnerId }, mine);
  expect(await program().get(`/runners/${runnerId}`)).toMatchObject({ runId: run.id, placement: null });
});

test("a runner without a run belongs to its caller's tenant, and no other reads or registers it", async () => {
  const { id } = await program().post("/runners", { id: uniqueName("a-runner"), metadata: { hint: "of a" } }, mine);
  expect(await program().get(`/runners/${id}`, mine)).toMatchObject({ id, runId: null, tenantId: "tenant-a" });
  expect((await program().get("/runners", mine)).items.map((item: Json) => item.id)).toContain(id);
  expect((await program().get("/runners?tenantId=tenant-a")).items.map((item: Json) => item.id)).toContain(id);
  const other = await mintOperatorToken(program().web.as(ADMIN), { name: "b", role: "operator", tenantId: "tenant-b" });
  await program().refused(404, "GET", `/runners/${id}`, undefined, other);
  expect((await program().get("/runners", other)).items.map((item: Json) => item.id)).not.toContain(id);
  expect((await program().refused(409, "POST", "/runners", { id }, other)).reason).toBe("already-exists");
  expect(await program().get(`/runners/${id}`)).toMatchObject({ metadata: { hint: "of a" } });
});

test("a runner that an administrator registered without a run is visible only to administrators until it claims", async () => {
  const { id } = await program().post("/runners", { placement: "shared" });
  expect(await program().get(`/runners/${id}`)).toMatchObject({ placement: "shared", tenantId: null });
  await program().refused(404, "GET", `/runners/${id}`, undefined, mine);
  await program().refused(409, "POST", "/runners", { id }, mine);
  const run = await program().post("/runs", { backendProfile: "codex" }, mine);
  await program().claim(run.id, id);
  expect(await program().get(`/runners/${id}`, mine)).toMatchObject({ runId: run.id, placement: "shared" });
});

test("volumes without a session belong to no tenant: only an administrator of all may see, adopt or delete them", async () => {
  const theirAdmin = { name: "admin of a", role: "admin", tenantId: "tenant-a" } as const;
  const tokens = [mine, viewer, await mintOperatorToken(program().web.as(ADMIN), theirAdmin)];
  const uid = "1-1";
  const calls: [string, string, unknown?][] = [
    ["GET", "/storage/orphans"],
    ["POST", "/storage/orphans/agentrun-x/adopt", { uid, backendProfile: "codex" }],
    ["DELETE", `/storage/orphans/agentrun-x?uid=${uid}&confirmName=agentrun-x`],
  ];
  for (const token of tokens)
    for (const [method, path, body] of calls)
      expect((await program().refused(403, method, path, body, token)).reason).toBe("forbidden");
});

test("of two tenants that register one runner id at once, one succeeds", async () => {
  const tokens = await Promise.all(
    ["tenant-a", "tenant-b"].map((tenantId) =>
      mintOperatorToken(program().web.as(ADMIN), { name: tenantId, role: "operator", tenantId }),
    ),
  );
  for (let round = 0; round < 8; round += 1) {
    const body = { id: uniqueName("raced") };
    const answers = await Promise.all(
      tokens.map((token) => program().send("POST", "/api/v1/runners", { body, token })),
    );
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 409]);
  }
});

test("lists, stats, metrics and collection cover only a tenant's own records", async () => {
  const { runnerId } = await theirs();
  const { sessionId } = await program().post("/sessions", {
    backendProfile: "codex",
    tenantId: "tenant-b",
    expiresAt: "2020-01-01T00:00:00Z",
  });
  for (const path of ["/runs", "/sessions?state=all", "/queue/tasks"]) {
    const { items } = await program().get(path, mine);
    expect(items.length, path).toBeGreaterThan(0);
    expect(new Set(items.map((item: Json) => item.tenantId)), path).toEqual(new Set(["tenant-a"]));
    const joined = path.includes("?") ? `${path}&` : `${path}?`;
    expect((await program().get(`${joined}tenantId=tenant-b`, mine)).items, path).toEqual([]);
  }
  expect((await program().get("/runners", mine)).items.map((item: Json) => item.id)).not.toContain(runnerId);
  expect((await program().get("/runners?tenantId=tenant-b", mine)).items).toEqual([]);
  expect((await program().get("/queue/stats?tenantId=tenant-b", mine)).total).toBe(0);
  const storage = await program().get("/storage", mine);
  expect(storage.items.map((item: Json) => item.sessionId)).not.toContain(sessionId);
  const swept = await program().post("/sessions/storage/gc", {}, mine);
  expect(swept).toMatchObject({ evicted: [], advanced: [], kept: [], dryRun: false });
  expect(await program().get(`/sessions/${sessionId}`)).toMatchObject({ storageKind: "pvc" });
});

test("one tenant's idempotency keys are independent of another's", async () => {
  const body = { backendProfile: "codex", idempotencyKey: uniqueName("key") };
  const first = await program().post("/runs", { ...body, tenantId: "tenant-b" });
  expect((await program().post("/runs", body, mine)).id).not.toBe(first.id);
});

test("a feed gives a tenant's caller only its own records, and refuses another's cursor", async () => {
  const { url } = program().web;
  const headers = { authorization: `Bearer ${mine}` };
  await using all = await program().watch("/sessions/watch");
  await using own = await openSse(`${url}/api/v1/sessions/watch`, headers);
  await program().post("/sessions", { backendProfile: "codex", tenantId: "tenant-b", sessionId: "feed-b" });
  await program().post("/sessions", { backendProfile: "codex", sessionId: "feed-a" }, mine);
  const ids = (frames: { data: unknown }[]) => frames.map((frame) => (frame.data as Json).sessionId);
  await all.until((frames) => ids(frames).includes("feed-a") && ids(frames).includes("feed-b"));
  await own.until((frames) => ids(frames).includes("feed-a"));
  expect(ids(own.frames)).not.toContain("feed-b");
  await program().refused(403, "GET", "/sessions/watch?tenantId=tenant-b", undefined, mine);
  const stolen = await openSse(`${url}/api/v1/sessions/watch`, { ...headers, "last-event-id": all.lastId ?? "" });
  expect(stolen.status).toBe(400);
});

test("live text cannot be published to another tenant's run", async () => {
  const { run } = await theirs();
  await using watcher = await program().watch(`/runs/${run.id}/events/watch`);
  // A reader receives text once it has caught up.
  await watcher.until((all) => all.length > 0);
  const frames = (text: string) => [{ itemId: "i", kind: "assistant_message", text }];
  const foreign = await program().trpc("mutation", "events.live", { runId: run.id, frames: frames("from a") }, mine);
  expect(foreign.error?.data.agentrun).toMatchObject({ reason: "not-found" });
  await program().trpc("mutation", "events.live", { runId: run.id, frames: frames("from an administrator") });
  const received = await watcher.until((all) => all.some((frame) => frame.event === "live"));
  const texts = received.filter((frame) => frame.event === "live").map((frame) => (frame.data as Json).frames[0].text);
  expect(texts).toEqual(["from an administrator"]);
});

test("a viewer reads everything and changes only its own read marks", async () => {
  const run = await program().post("/runs", { backendProfile: "codex" }, mine);
  expect(await program().get(`/runs/${run.id}`, viewer)).toMatchObject({ id: run.id });
  for (const [path, body] of [
    ["/runs", { backendProfile: "codex" }],
    [`/runs/${run.id}/cancel`, {}],
    [`/runs/${run.id}/claim`, { runnerId: "v" }],
    [`/runs/${run.id}/finish`, { terminalStatus: "failed" }],
    [`/runs/${run.id}/events`, { events: [{ type: "error", payload: {} }] }],
    ["/sessions/storage/gc", { dryRun: true }],
    ["/sessions/nobody/fork", {}],
    ["/sessions/nobody/storage/archive", {}],
    ["/sessions/nobody/storage/force-release", { reason: "r" }],
    ["/sessions/nobody/storage/pin", {}],
    ["/sessions/nobody/storage/unpin", {}],
    ["/sessions/nobody/storage/extend", { byMs: 1 }],
  ] as const)
    expect((await program().refused(403, "POST", path, body, viewer)).reason).toBe("forbidden");
  expect(await program().get(`/runs/${run.id}`)).toMatchObject({ status: "pending" });
});
