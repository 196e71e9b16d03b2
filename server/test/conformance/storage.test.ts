import { mkdir, stat, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { CRON_SECRET } from "@/server/test/web";
import { type Json, startProgram, uniqueName } from "./program";

const program = startProgram();
const KEYS = [
  "activeRunId",
  "archiveOrder",
  "archivedAt",
  "capacityBytes",
  "codexRolloutSubdir",
  "collectableAt",
  "evictedAt",
  "expiresAt",
  "filesCount",
  "isArchiveCurrent",
  "keeper",
  "namespace",
  "pinnedAt",
  "projectId",
  "pvcName",
  "pvcPhase",
  "requestedBytes",
  "restorable",
  "sessionId",
  "sha256",
  "sizeBytes",
  "storageKind",
  "storagePolicy",
  "storageState",
  "tenantId",
  "title",
  "updatedAt",
];
const report = { storageSizeBytes: 4096, storageFilesCount: 3, storageSha256: "a".repeat(64) };
const PAST = "2020-01-01T00:00:00Z";

async function makeSession(more: Record<string, unknown> = {}): Promise<string> {
  return (await program().post("/sessions", { backendProfile: "codex", ...more })).sessionId;
}

/** Plays a run's only turn, whose rollout is on the session's volume and in no archive. */
async function takeUnarchivedTurn(runId: string, sessionId: string): Promise<void> {
  const turn = await program().turn(runId);
  const { leaseEpoch } = await program().claim(runId, "r1");
  await program().post(`/commands/${turn.id}/ack`, { leaseEpoch });
  await program().post(`/commands/${turn.id}/finish`, { leaseEpoch, terminalStatus: "completed" });
  await program().post(`/runs/${runId}/finish`, { leaseEpoch, terminalStatus: "completed" });
  const { pvcName } = await program().get(`/sessions/${sessionId}/storage`);
  const folder = path.join(program().web.wiring.env.AGENTRUN_DATA_DIR, "volumes", pvcName, "sessions");
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "rollout.jsonl"), "{}\n");
}

test("the summary has the contract's fields, filled by a runner's report", async () => {
  const sessionId = await makeSession();
  const before = await program().get(`/sessions/${sessionId}/storage`);
  expect(Object.keys(before).sort()).toEqual(KEYS);
  expect(before).toMatchObject({ storageKind: "pvc", sizeBytes: null, filesCount: null, sha256: null });
  const after = await program().post(`/sessions/${sessionId}/storage/refresh`, {
    ...report,
    pvcPhase: "Bound",
    storageKind: "pvc",
    pvcName: before.pvcName,
    storageNamespace: before.namespace,
    codexRolloutSubdir: "sessions",
  });
  expect(after).toMatchObject({ sizeBytes: 4096, filesCount: 3, sha256: "a".repeat(64), pvcPhase: "Bound" });
  expect(after.updatedAt).not.toBeNull();
  expect(await program().get(`/sessions/${sessionId}`)).toMatchObject({ storageSizeBytes: 4096 });
});

test("refuses an invalid report with the field's name, and changes nothing", async () => {
  const sessionId = await makeSession();
  const bad: Record<string, unknown> = {
    storageSizeBytes: -1,
    storageFilesCount: 1.5,
    storageSha256: "g".repeat(64),
    pvcName: "someone-elses",
    storageNamespace: "kube-system",
    storageKind: "none",
    codexRolloutSubdir: "../up",
  };
  for (const [field, value] of Object.entries(bad)) {
    const body = { ...report, [field]: value };
    const error = await program().refused(400, "POST", `/sessions/${sessionId}/storage/refresh`, body);
    expect(error.message, field).toContain(field);
  }
  for (const size of [2 ** 63, "4096", null])
    await program().refused(400, "POST", `/sessions/${sessionId}/storage/refresh`, {
      ...report,
      storageSizeBytes: size,
    });
  await program().refused(400, "POST", `/sessions/${sessionId}/storage/refresh`, { ...report, storageSha256: "ab" });
  expect(await program().get(`/sessions/${sessionId}/storage`)).toMatchObject({ sizeBytes: null, sha256: null });
  const upperCase = { ...report, storageSha256: "A".repeat(64) };
  expect(await program().post(`/sessions/${sessionId}/storage/refresh`, upperCase)).toMatchObject({
    sha256: "a".repeat(64),
  });
});

test("evicting needs no archive, keeps what is known, is idempotent, and removes the volume", async () => {
  const sessionId = await makeSession();
  const { pvcName } = await program().post(`/sessions/${sessionId}/storage/refresh`, report);
  const evicted = await program().ok("DELETE", `/sessions/${sessionId}/storage`);
  expect(evicted).toMatchObject({
    storageKind: "evicted",
    storageState: "evicted",
    pvcName,
    sizeBytes: 4096,
    sha256: "a".repeat(64),
    restorable: false,
  });
  expect(evicted.evictedAt).not.toBeNull();
  expect(await program().ok("DELETE", `/sessions/${sessionId}/storage`)).toEqual(evicted);
  const folder = path.join(program().web.wiring.env.AGENTRUN_DATA_DIR, "volumes", pvcName);
  await expect(stat(folder)).rejects.toMatchObject({ code: "ENOENT" });
  const error = await program().refused(409, "POST", `/sessions/${sessionId}/storage/restore`);
  expect(error.reason).toBe("store-not-restorable");
  const refresh = await program().refused(409, "POST", `/sessions/${sessionId}/storage/refresh`, report);
  expect(refresh).toMatchObject({ failureKind: "session-store-evicted", reason: "store-evicted" });
});

test("refuses to evict while a run of the session is claimed: run-live", async () => {
  const { run, sessionId } = await program().sessionRun();
  await program().claim(run.id, "r1");
  const error = await program().refused(409, "DELETE", `/sessions/${sessionId}/storage`);
  expect(error).toMatchObject({ failureKind: "schema-invalid", reason: "run-live" });
  await program().post(`/runs/${run.id}/finish`, { terminalStatus: "completed" });
  await program().ok("DELETE", `/sessions/${sessionId}/storage`);
});

test("refuses to claim a run of an evicted session: session-store-evicted", async () => {
  const { run, sessionId } = await program().sessionRun();
  await program().ok("DELETE", `/sessions/${sessionId}/storage`);
  const error = await program().refused(409, "POST", `/runs/${run.id}/claim`, { runnerId: "r1" });
  expect(error).toMatchObject({ failureKind: "session-store-evicted", reason: "store-evicted" });
});

test("a dry run lists evictions without changes; a collection takes the oldest expiry first, up to the limit", async () => {
  const [first, second, third] = [
    await makeSession({ expiresAt: "2020-01-01T00:00:00Z" }),
    await makeSession({ expiresAt: "2020-01-02T00:00:00Z" }),
    await makeSession({ expiresAt: "2020-01-03T00:00:00Z" }),
  ];
  const kept = await makeSession({ expiresAt: "2099-01-01T00:00:00Z" });
  const { run: live, sessionId: busy } = await program().sessionRun();
  await program().ok("PATCH", `/sessions/${busy}`, { expiresAt: "2019-01-01T00:00:00Z" });
  await program().claim(live.id, "r1");
  const dry = await program().post("/sessions/storage/gc", { dryRun: true });
  expect(Object.keys(dry).sort()).toEqual(["advanced", "dryRun", "evicted", "kept", "totals"]);
  expect(dry.totals).toMatchObject({ evicted: { volumes: 3 }, kept: { volumes: 1 }, hasMore: false });
  expect(dry.dryRun).toBe(true);
  expect(dry.evicted.map((entry: Json) => entry.sessionId)).toEqual([first, second, third]);
  for (const entry of [...dry.evicted, ...dry.kept]) expect(Object.keys(entry).sort()).toEqual(["reason", "sessionId"]);
  expect(dry.kept.map((entry: Json) => entry.sessionId)).toEqual([busy]);
  expect(await program().get(`/sessions/${first}`)).toMatchObject({ storageState: "live" });
  const taken = await program().post("/sessions/storage/gc", { limit: 1 });
  expect(taken.evicted.map((entry: Json) => entry.sessionId)).toEqual([first]);
  expect(await program().get(`/sessions/${first}`)).toMatchObject({ storageKind: "evicted" });
  expect(await program().get(`/sessions/${second}`)).toMatchObject({ storageKind: "pvc" });
  const cron = await program().send("GET", "/api/cron/gc", { token: CRON_SECRET });
  expect(cron.status).toBe(200);
  expect(cron.body.evicted.map((entry: Json) => entry.sessionId)).toEqual([second, third]);
  expect(await program().get(`/sessions/${kept}`)).toMatchObject({ storageKind: "pvc" });
  expect(await program().get(`/sessions/${busy}`)).toMatchObject({ storageKind: "pvc" });
  for (const body of [{ limit: 0 }, { limit: -1 }, { limit: 1.5 }, { dryRun: "yes" }])
    await program().refused(400, "POST", "/sessions/storage/gc", body);
  await program().post("/sessions/storage/gc", { limit: 1e9, dryRun: true });
});

test("keeps a volume with a turn that no archive holds", async () => {
  const { run, sessionId } = await program().sessionRun();
  await takeUnarchivedTurn(run.id, sessionId);
  await program().ok("PATCH", `/sessions/${sessionId}`, { expiresAt: PAST });
  const dry = await program().post("/sessions/storage/gc", { dryRun: true });
  const report = await program().post("/sessions/storage/gc", {});
  // If this server can archive the volume, it does so before it evicts; if not, the volume stays.
  const evicted = report.evicted.some((entry: Json) => entry.sessionId === sessionId);
  expect(dry.evicted.some((entry: Json) => entry.sessionId === sessionId)).toBe(evicted);
  const storage = await program().get(`/sessions/${sessionId}/storage`);
  expect(storage).toMatchObject(
    evicted ? { storageKind: "evicted", restorable: true } : { storageKind: "pvc", storageState: "live" },
  );
  if (!evicted) return;
  const restored = await program().post(`/sessions/${sessionId}/storage/restore`);
  expect(restored).toMatchObject({ storageKind: "pvc", storageState: "restoring" });
});

test("lists storage by kind and tenant, in pages", async () => {
  const tenantId = uniqueName("tenant");
  for (let index = 0; index < 3; index += 1) await makeSession({ tenantId });
  await makeSession({ tenantId, storage: { kind: "none" } });
  const page = await program().get(`/storage?tenantId=${tenantId}&limit=2`);
  expect(page.items).toHaveLength(2);
  expect(Object.keys(page.items[0]).sort()).toEqual(KEYS);
  const rest = await program().get(`/storage?tenantId=${tenantId}&limit=2&cursor=${page.cursor}`);
  expect([...page.items, ...rest.items]).toHaveLength(3);
  expect((await program().get(`/storage?tenantId=${tenantId}&storageKind=none`)).items).toHaveLength(1);
  await program().refused(400, "GET", "/storage?storageKind=tape");
});

test("only the list's first page has totals of what its tenant and project match", async () => {
  const tenantId = uniqueName("tenant");
  const [small, large] = [await makeSession({ tenantId }), await makeSession({ tenantId, projectId: "big" })];
  await program().post(`/sessions/${small}/storage/refresh`, { ...report, storageSizeBytes: 10 });
  await program().post(`/sessions/${large}/storage/refresh`, { ...report, storageSizeBytes: 2_000 });
  await program().post(`/sessions/${small}/storage/pin`, { reason: "kept for the audit" });
  const page = await program().get(`/storage?tenantId=${tenantId}&sort=sizeBytes&limit=1`);
  expect(page.items.map((item: Json) => item.sessionId)).toEqual([large]);
  expect(page.totals).toEqual({
    ...{ volumes: 2, bytes: 2_010, files: 6, pinned: 1, expired: 0, evicted: 0, restorable: 0 },
    states: [{ storageState: "live", volumes: 2, bytes: 2_010 }],
    projects: [
      { tenantId, projectId: "big", volumes: 1, bytes: 2_000 },
      { tenantId, projectId: "default", volumes: 1, bytes: 10 },
    ],
  });
  const next = await program().get(`/storage?tenantId=${tenantId}&sort=sizeBytes&limit=1&cursor=${page.cursor}`);
  expect(next).toMatchObject({ items: [{ sessionId: small }], cursor: null, totals: null });
  const pinned = await program().get(`/storage?tenantId=${tenantId}&pinned=true&isExpired=false&search=${small}`);
  expect(pinned.items.map((item: Json) => item.sessionId)).toEqual([small]);
  await program().refused(400, "GET", "/storage?sort=colour");
  await program().refused(400, "GET", "/storage?pinned=maybe");
});

test("a pin keeps an expired volume from every collection and eviction until unpinned", async () => {
  const sessionId = await makeSession({ expiresAt: PAST });
  const pinned = await program().post(`/sessions/${sessionId}/storage/pin`, { reason: "a demo" });
  expect(pinned).toMatchObject({ keeper: "pinned", pinnedAt: expect.any(String) });
  expect(await program().post(`/sessions/${sessionId}/storage/pin`)).toEqual(pinned);
  const kept = await program().post("/sessions/storage/gc");
  expect(kept.kept).toContainEqual({ sessionId, reason: "pinned" });
  const error = await program().refused(409, "DELETE", `/sessions/${sessionId}/storage`);
  expect(error).toMatchObject({ reason: "volume-kept", message: expect.stringContaining("unpin it first") });
  expect(await program().post(`/sessions/${sessionId}/storage/unpin`)).toMatchObject({ keeper: null, pinnedAt: null });
  const taken = await program().post("/sessions/storage/gc");
  expect(taken.evicted.map((entry: Json) => entry.sessionId)).toContain(sessionId);
});

test("a requested archive of a session without turns holds nothing; during a run it is refused", async () => {
  const sessionId = await makeSession();
  const archive = `/sessions/${sessionId}/storage/archive`;
  expect(await program().post(archive)).toMatchObject({ isArchiveCurrent: false, archiveOrder: null });
  const run = await program().post("/runs", { backendProfile: "codex", sessionRef: { sessionId } });
  await program().post(`/runs/${run.id}/claim`, { runnerId: uniqueName("runner") });
  const error = await program().refused(409, "POST", archive, {});
  expect(error).toMatchObject({ reason: "run-live", details: { runId: run.id } });
});

test("an extension never shortens: would-shorten", async () => {
  const sessionId = await makeSession({ expiresAt: "2098-01-01T00:00:00Z" });
  const extend = `/sessions/${sessionId}/storage/extend`;
  expect(await program().post(extend, { byMs: 86_400_000 })).toMatchObject({ expiresAt: "2098-01-02T00:00:00.000Z" });
  const error = await program().refused(409, "POST", extend, { expiresAt: "2098-01-01T00:00:00Z" });
  expect(error).toMatchObject({ reason: "would-shorten", details: { expiresAt: "2098-01-02T00:00:00.000Z" } });
  for (const body of [{}, { byMs: 0 }, { byMs: 1.5 }, { byMs: 1, expiresAt: null }, { expiresAt: "tomorrow" }])
    await program().refused(400, "POST", extend, body);
  expect(await program().post(extend, { expiresAt: null })).toMatchObject({ expiresAt: null });
  expect((await program().refused(409, "POST", extend, { byMs: 1 })).reason).toBe("would-shorten");
});

test("shows, adopts, and on confirmation deletes a volume without a session: volume-named while one has it", async () => {
  const sessionId = await makeSession();
  const { pvcName } = await program().get(`/sessions/${sessionId}/storage`);
  const folder = path.join(program().web.wiring.env.AGENTRUN_DATA_DIR, "volumes", pvcName);
  await writeFile(path.join(folder, "note"), "kept");
  const database = await program().database.connect();
  const loseRow = () => database.query("delete from agentrun_sessions where session_id = $1", [sessionId]);
  await loseRow();
  const listed = await program().get("/storage/orphans");
  expect(listed).toMatchObject({ hasMore: false, provider: "local" });
  const orphan = listed.items.find((item: Json) => item.name === pvcName);
  expect(Object.keys(orphan).sort()).toEqual([
    ...["createdAt", "name", "namespace", "phase", "projectId", "reason", "requestedBytes", "sessionId", "tenantId"],
    "uid",
  ]);
  const { uid } = orphan;
  const adopt = `/storage/orphans/${pvcName}/adopt`;
  expect((await program().refused(409, "POST", adopt, { uid: "1-1", backendProfile: "codex" })).reason).toBe(
    "version-conflict",
  );
  const adopted = await program().post(adopt, { uid, backendProfile: "codex", title: "found" });
  expect(adopted).toMatchObject({ sessionId, title: "found", storageState: "live", storagePvcName: pvcName });
  const remove = `/storage/orphans/${pvcName}?uid=${uid}&confirmName=`;
  expect((await program().refused(409, "DELETE", `${remove}${pvcName}`)).reason).toBe("volume-named");
  await loseRow();
  expect((await program().refused(409, "DELETE", `${remove}yes`)).reason).toBe("confirmation-mismatch");
  expect(await program().ok("DELETE", `${remove}${pvcName}`)).toEqual({ name: pvcName, uid, deleted: "gone" });
  await expect(stat(folder)).rejects.toMatchObject({ code: "ENOENT" });
  expect((await program().refused(404, "DELETE", `${remove}${pvcName}`)).reason).toBe("not-found");
});

test("a fork has its source's archive under its own id: archive-missing without one", async () => {
  const { run, sessionId } = await program().sessionRun();
  expect((await program().refused(409, "POST", `/sessions/${sessionId}/fork`)).reason).toBe("archive-missing");
  await takeUnarchivedTurn(run.id, sessionId);
  // A collection makes the archive that no runner made.
  await program().ok("PATCH", `/sessions/${sessionId}`, { expiresAt: PAST });
  await program().post("/sessions/storage/gc", {});
  const newSessionId = uniqueName("fork");
  const fork = await program().post(`/sessions/${sessionId}/fork`, { newSessionId, title: "another way" });
  expect(fork).toMatchObject({ sessionId: newSessionId, title: "another way", storageState: "restoring" });
  const again = await program().post(`/sessions/${sessionId}/fork`, { newSessionId, title: "another way" });
  expect(again).toEqual({ ...fork, version: again.version, updatedAt: again.updatedAt });
  const { manifest } = (await program().trpc("query", "archive.manifest", { sessionId: newSessionId })).data;
  expect(manifest.entries).toContainEqual(expect.objectContaining({ path: "sessions/rollout.jsonl" }));
  await program().refused(409, "POST", `/sessions/${sessionId}/fork`, { newSessionId });
  await program().refused(400, "POST", `/sessions/${sessionId}/fork`, { newSessionId: "../x" });
});

test("the collection history lists what was evicted and why the rest was kept", async () => {
  const pinned = await makeSession({ expiresAt: PAST });
  await program().post(`/sessions/${pinned}/storage/pin`);
  await makeSession({ expiresAt: PAST });
  expect((await program().send("GET", "/api/cron/gc", { token: CRON_SECRET })).status).toBe(200);
  const { items } = await program().get("/storage/history?limit=1");
  expect(items).toMatchObject([{ trigger: "cron", actor: "system:cron", evicted: 1, breaker: null }]);
  expect(items[0].reasons).toContainEqual({ reason: "pinned", count: expect.any(Number) });
  expect(Object.keys(items[0]).sort()).toEqual([
    ...["actor", "advanced", "at", "breaker", "bytes", "difference", "evicted", "id", "kept", "reasons", "trigger"],
  ]);
  expect(items[0].difference).toBeNull();
  const report = await program().post("/sessions/storage/gc", { plan: { evicted: [pinned] } });
  expect(report.dryRun).toBe(false);
  expect((await program().get("/storage/history?limit=1")).items[0].difference).toMatchObject({
    ...{ planned: 1, stayed: { count: 1, items: [{ sessionId: pinned, reason: "pinned" }] }, surplus: { count: 0 } },
  });
  await program().post(`/sessions/${pinned}/storage/unpin`);
  await program().refused(400, "GET", "/storage/history?cursor=made-up");
});
