import { readFile, rename } from "node:fs/promises";
import path from "node:path";
import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { lockSession } from "@/db/queries/lock";
import { type ArchiveOrderRow, archiveOrders, audit, sessions } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { endAttempt, launchPending } from "@/server/attempts";
import { createCommand } from "@/server/commands";
import { inTx, type ServiceContext } from "@/server/context";
import { launchRunnerJob, listRunnerJobs } from "@/server/runners";
import { createRun } from "@/server/runs";
import { deleteSession, getSession, markSessionRead, updateSession } from "@/server/sessions";
import { runnerBundle } from "@/server/test/runner-bundle";
import { startTestWeb } from "@/server/test/web";
import {
  Archivers,
  archiveStorage,
  collectGarbage,
  endArchiverTurn,
  evictStorage,
  forceReleaseStorage,
  getStorage,
} from ".";
import { fieldsAfterFailure } from "./archiver-turn";
import { ChildArchivers } from "./test/child-archivers";
import { SYSTEM, tenantOperator } from "./test/context";
import { claimSession, expire, folderOf, makeStoredSession, makeUsedSession, pack, readBack } from "./test/volume";

const GC = { dryRun: false, limit: 50 };
const ORDERED = "expired, its archive is being made";

const bundle = runnerBundle();

/** Opens a server, and a worker that cannot reach volumes itself: archivers are processes of their own, on folders. */
async function openPlace() {
  const database = await createTestDatabase();
  const web = await startTestWeb(database);
  const ctx = web.as(SYSTEM);
  const remote: ServiceContext = {
    ...ctx,
    settings: { ...ctx.settings, executor: "kubernetes" },
    volumes: { ...ctx.volumes, folderOf: () => null, isEmpty: async () => null },
  };
  const launcher = new ChildArchivers(bundle(), (name) => ctx.volumes.folderOf(name) ?? "");
  launcher.onExit(({ attemptId, code, signal, message }) => {
    void endAttempt(remote, attemptId, { code, signal, message });
    void endArchiverTurn(remote, attemptId, message);
  });
  return {
    web,
    /** The context that can reach the volumes' folders. */
    ctx,
    remote,
    launcher,
    archivers: new Archivers({ ctx: remote, launcher, archiversMax: 2 }),
    launchRunners: () => launchPending({ ctx: remote, executor: launcher, attemptsMax: 32 }),
    call: (attempt: { token: string }, target: string, body?: unknown) =>
      web.call(body === undefined ? "GET" : "POST", target, { token: attempt.token, body }),
    async [Symbol.asyncDispose]() {
      await launcher.close();
      await web[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}
type Place = Awaited<ReturnType<typeof openPlace>>;

async function orderOf({ ctx }: Place, sessionId: string) {
  const [order] = await ctx.db.select().from(archiveOrders).where(eq(archiveOrders.sessionId, sessionId));
  return order ?? null;
}

async function stateOf({ ctx }: Place, sessionId: string) {
  return (await getStorage(ctx, { sessionId })).storageState;
}

/** Makes an expired session whose last turn is only on its volume, and a collection that has ordered its archive. */
async function orderOne(place: Place, note = "only here"): Promise<string> {
  const sessionId = await makeUsedSession(place.ctx, { note, isArchived: false });
  await expire(place.ctx, sessionId);
  const report = await collectGarbage(place.remote, GC);
  expect(report.advanced).toContainEqual({ sessionId, reason: ORDERED });
  return sessionId;
}

/** Reads the newest archive back, verified as a runner does. */
function readArchive({ ctx }: Place, sessionId: string): Promise<string> {
  return readBack(ctx, sessionId);
}

test("archives a volume out of reach by a process beside it, evicts it, and restores all of it", async () => {
  await using place = await openPlace();
  const { ctx, remote, archivers } = place;
  const sessionId = await makeUsedSession(ctx, { note: "only here", isArchived: false });
  await expire(ctx, sessionId);
  expect(await collectGarbage(remote, { ...GC, dryRun: true })).toMatchObject({
    evicted: [{ sessionId, reason: "expired, its archive is made first" }],
  });
  expect(await collectGarbage(remote, GC)).toMatchObject({ advanced: [{ sessionId, reason: ORDERED }], evicted: [] });
  expect(await collectGarbage(remote, GC)).toMatchObject({
    kept: [{ sessionId, reason: "archiving: its archive is being made" }],
  });
  expect(await getStorage(remote, { sessionId })).toMatchObject({
    storageState: "archiving",
    isArchiveCurrent: false,
    archiveOrder: { state: "waiting", orderedBy: "collection", tryCount: 0, failure: null },
  });
  await archivers.pass();
  await expect.poll(() => orderOf(place, sessionId), { timeout: 20_000 }).toBeNull();
  expect(await getStorage(remote, { sessionId })).toMatchObject({
    storageState: "archiving",
    isArchiveCurrent: true,
    filesCount: 1,
    archiveOrder: null,
  });
  expect(await readArchive(place, sessionId)).toBe("only here");
  expect(await collectGarbage(remote, GC)).toMatchObject({ evicted: [{ sessionId, reason: "expired, archived" }] });
  expect(await getStorage(remote, { sessionId })).toMatchObject({ storageState: "evicted", restorable: true });
  const trail = await ctx.db
    .select({ action: audit.action, actor: audit.actor })
    .from(audit)
    .where(sql`${audit.action} like 'archive.%'`)
    .orderBy(audit.id);
  expect(trail.map(({ action }) => action)).toEqual(["archive.order", "archive.begin", "archive.commit"]);
  expect(trail[2]?.actor).toMatch(/^archiver:arv_/);
});

test("a run takes its volume back from an archiver, and starts once the archiver is gone", async () => {
  await using place = await openPlace();
  const { remote, archivers, launcher, web } = place;
  const sessionId = await orderOne(place);
  launcher.isHeld = true;
  await archivers.pass();
  expect(launcher.alive).toHaveLength(1);
  const [spec] = launcher.started;
  if (!spec) throw new Error("no archiver was started");
  const missing = () => place.call(spec, "/api/trpc/archive.missing", { sessionId, digests: [] });
  expect(await missing()).toMatchObject({ status: 200 });

  const run = await createRun(remote, { backendProfile: "codex", sessionRef: { sessionId } });
  await createCommand(remote, { runId: run.id, type: "turn", payload: { text: "go on" } });
  await place.launchRunners();
  expect(launcher.runners).toEqual([]);
  expect(await orderOf(place, sessionId)).toMatchObject({ state: "ending" });
  web.wiring.authenticator.forget();
  expect(await missing()).toMatchObject({ status: 401 });

  await archivers.pass();
  await expect.poll(() => orderOf(place, sessionId)).toBeNull();
  expect(launcher.alive).toEqual([]);
  await place.launchRunners();
  expect(launcher.runners).toMatchObject([{ runId: run.id }]);
  expect(await stateOf(place, sessionId)).toBe("live");
});

test("ends an archiver whose collection ended for any reason", async () => {
  await using place = await openPlace();
  const { ctx, archivers, launcher } = place;
  launcher.isHeld = true;
  const later = new Date(Date.now() + 3_600_000).toISOString();
  const endings: ((sessionId: string) => Promise<unknown>)[] = [
    (sessionId) => updateSession(ctx, { sessionId, expiresAt: later }),
    (sessionId) => evictStorage(ctx, { sessionId }),
    (sessionId) => deleteSession(ctx, { sessionId }),
  ];
  for (const end of endings) {
    const sessionId = await orderOne(place);
    await archivers.pass();
    expect(launcher.alive).toHaveLength(1);
    await end(sessionId);
    await archivers.pass();
    await expect.poll(() => orderOf(place, sessionId)).toBeNull();
    expect(launcher.alive).toEqual([]);
  }
});

test("a failed try shows its reason, and is retried with growing delays or on request", async () => {
  await using place = await openPlace();
  const { ctx, remote, archivers, launcher } = place;
  const sessionId = await orderOne(place);
  const folder = folderOf(ctx, sessionId);
  // What the process reports for a rollout folder that is not allowed.
  await ctx.db.update(sessions).set({ codexRolloutSubdir: "workspace" }).where(eq(sessions.sessionId, sessionId));
  const waits: number[] = [];
  for (const tryCount of [1, 2]) {
    await ctx.db.update(archiveOrders).set({ nextTryAt: sql`clock_timestamp()` });
    await archivers.pass();
    await expect
      .poll(() => orderOf(place, sessionId), { timeout: 20_000 })
      .toMatchObject({ state: "waiting", tryCount });
    const order = await orderOf(place, sessionId);
    waits.push((order?.nextTryAt.getTime() ?? 0) - Date.now());
  }
  expect(waits[0]).toBeGreaterThan(50_000);
  expect(waits[1]).toBeGreaterThan(110_000);
  expect(new Set(launcher.started.map((spec) => spec.attemptId)).size).toBe(2);
  await archivers.pass();
  expect(launcher.started).toHaveLength(2);

  const reason = expect.stringMatching(
    /^archive-failed: "workspace" cannot name a folder of rollouts \(2 tries; the next/,
  );
  expect(await collectGarbage(remote, { ...GC, dryRun: true })).toMatchObject({ kept: [{ sessionId, reason }] });
  expect(await collectGarbage(remote, GC)).toMatchObject({ kept: [{ sessionId, reason }], advanced: [] });
  expect(await getStorage(remote, { sessionId })).toMatchObject({ keeper: reason, archiveOrder: { tryCount: 2 } });
  const failures = await ctx.db.select().from(audit).where(eq(audit.action, "archive.failed"));
  expect(failures.map((row) => row.details)).toMatchObject([{ tryCount: 1 }, { tryCount: 2 }]);

  await ctx.db.update(sessions).set({ codexRolloutSubdir: "sessions" }).where(eq(sessions.sessionId, sessionId));
  await archiveStorage(remote, { sessionId });
  await archivers.pass();
  await expect.poll(() => orderOf(place, sessionId), { timeout: 20_000 }).toBeNull();
  expect(await collectGarbage(remote, GC)).toMatchObject({ evicted: [{ sessionId }] });
  await expect(readFile(path.join(folder, "workspace/note.txt"))).rejects.toThrow("ENOENT");
});

test("keeps a volume with unreadable parts, and its order, until they can be read", async () => {
  await using place = await openPlace();
  const { ctx, remote, archivers } = place;
  const sessionId = await orderOne(place);
  const workspace = path.join(folderOf(ctx, sessionId), "workspace");
  await rename(workspace, `${workspace}.away`);
  await archivers.pass();
  await expect
    .poll(() => orderOf(place, sessionId), { timeout: 20_000 })
    .toMatchObject({ state: "waiting", tryCount: 1 });
  expect(await collectGarbage(remote, GC)).toMatchObject({
    kept: [{ sessionId, reason: expect.stringMatching(/^archive-failed: parts of the volume could not be read/) }],
  });
  await rename(`${workspace}.away`, workspace);
  await archiveStorage(remote, { sessionId });
  await archivers.pass();
  await expect.poll(() => orderOf(place, sessionId), { timeout: 20_000 }).toBeNull();
  expect(await collectGarbage(remote, GC)).toMatchObject({ evicted: [{ sessionId }] });
  expect(await readArchive(place, sessionId)).toBe("only here");
});

test("limits concurrent archivers, and serves orders in turn", async () => {
  await using place = await openPlace();
  const { archivers, launcher } = place;
  launcher.isHeld = true;
  const ids = [await orderOne(place), await orderOne(place), await orderOne(place)];
  await archivers.pass();
  await archivers.pass();
  expect(launcher.alive).toHaveLength(2);
  launcher.letGo();
  await expect
    .poll(
      async () => {
        await archivers.pass();
        return Promise.all(ids.map((sessionId) => orderOf(place, sessionId)));
      },
      { timeout: 30_000 },
    )
    .toEqual([null, null, null]);
  expect(launcher.started).toHaveLength(3);
});

test("after a kill between intent and start, the next pass continues the same try", async () => {
  await using place = await openPlace();
  const { ctx, archivers, launcher } = place;
  launcher.isHeld = true;
  const sessionId = await orderOne(place);
  await ctx.db.update(archiveOrders).set({ state: "launching" });
  const intended = await orderOf(place, sessionId);
  await archivers.pass();
  expect(launcher.alive).toEqual([intended?.attemptId]);
  expect(await orderOf(place, sessionId)).toMatchObject({ state: "running" });
});

test("a start that failed, or may have, is followed by another only once nothing is left of it", async () => {
  await using place = await openPlace();
  const { archivers, launcher } = place;
  launcher.isHeld = true;
  const sessionId = await orderOne(place);
  launcher.failure = { error: new Error("no answer"), isStarted: true };
  await archivers.pass();
  expect(launcher.alive).toHaveLength(1);
  expect(await orderOf(place, sessionId)).toMatchObject({ state: "ending", tryCount: 1 });
  launcher.failure = null;
  await archivers.pass();
  await expect
    .poll(() => orderOf(place, sessionId))
    .toMatchObject({ state: "waiting", failure: "it could not be started: no answer" });
  expect(launcher.alive).toEqual([]);
});

test("an archiver's token uploads only its own session's volume, and only while it is ordered", async () => {
  await using place = await openPlace();
  const { ctx, remote, archivers, launcher, web } = place;
  launcher.isHeld = true;
  const [sessionId, other] = [await orderOne(place, "one"), await orderOne(place, "another")];
  await archivers.pass();
  const spec = launcher.started.find((started) => started.sessionId === sessionId);
  if (!spec) throw new Error("no archiver was started");
  const { token } = spec;
  const held = { runId: "run_none", leaseEpoch: 0, runner: ctx };
  const { manifest, segments } = await pack(ctx, held, sessionId);
  const foreign = await pack(ctx, held, other);
  const put = (digest: string, bytes: Uint8Array) =>
    fetch(`${web.url}/api/runner/segments/${digest}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" },
      body: new Uint8Array(bytes),
    });
  const store = (of: object) => place.call(spec, "/api/trpc/archive.store", { manifest: of });
  const status = async (answer: Promise<{ status: number }>) => (await answer).status;

  expect(await status(store(manifest))).toBe(409);
  const [segment] = segments;
  if (!segment) throw new Error("a note is a segment");
  expect((await put(segment.digest, Buffer.from("other bytes"))).status).toBe(409);
  expect((await put(segment.digest, segment.bytes)).status).toBe(200);
  expect(await status(store({ ...manifest, sha256: "0".repeat(64) }))).toBe(400);
  expect(await status(store(foreign.manifest))).toBe(400);
  expect(await status(place.call(spec, "/api/trpc/archive.missing", { sessionId: other, digests: [] }))).toBe(404);
  for (const target of [
    `/api/runner/segments/${segment.digest}?sessionId=${sessionId}`,
    `/api/trpc/archive.manifest?input=${encodeURIComponent(JSON.stringify({ sessionId }))}`,
    "/api/v1/runs",
    `/api/v1/sessions/${sessionId}`,
    "/api/v1/me",
    "/metrics",
  ])
    expect([target, await status(place.call(spec, target))]).toEqual([target, expect.toBeOneOf([401, 403])]);
  expect(await status(place.call(spec, "/api/v1/runs", { backendProfile: "codex" }))).toBe(403);
  expect(await status(web.call("POST", "/api/trpc/archive.store", { body: { manifest } }))).toBe(403);

  // What was packed does not hold a turn that began since.
  await ctx.db.update(sessions).set({ volumeCommandId: "cmd_newer" }).where(eq(sessions.sessionId, sessionId));
  expect(await status(store(manifest))).toBe(409);
  const { commandId = null } = (await orderOf(place, sessionId)) ?? {};
  await ctx.db.update(sessions).set({ volumeCommandId: commandId }).where(eq(sessions.sessionId, sessionId));
  expect(await status(store(manifest))).toBe(200);
  web.wiring.authenticator.forget();
  expect(await status(store(manifest))).toBe(401);
  expect(await getStorage(remote, { sessionId })).toMatchObject({
    isArchiveCurrent: true,
    archiveOrder: { state: "ending" },
  });
});

test("an operator archives a live session through an archiver or directly, but not during a run", async () => {
  await using place = await openPlace();
  const { ctx, remote, archivers } = place;
  const [far, near] = [
    await makeUsedSession(ctx, { note: "far", isArchived: false }),
    await makeUsedSession(ctx, { note: "near", isArchived: false }),
  ];
  const ordered = await archiveStorage(remote, { sessionId: far });
  expect(ordered).toMatchObject({ storageState: "live", archiveOrder: { orderedBy: "person", state: "waiting" } });
  expect((await archiveStorage(remote, { sessionId: far })).archiveOrder?.orderedAt).toBe(
    ordered.archiveOrder?.orderedAt,
  );
  await archivers.pass();
  await expect.poll(() => orderOf(place, far), { timeout: 20_000 }).toBeNull();
  expect(await getStorage(remote, { sessionId: far })).toMatchObject({ storageState: "live", isArchiveCurrent: true });
  expect(await readArchive(place, far)).toBe("far");

  expect(await archiveStorage(ctx, { sessionId: near })).toMatchObject({ isArchiveCurrent: true, archiveOrder: null });
  expect(await readArchive(place, near)).toBe("near");
  const acts = await ctx.db.select().from(audit).where(eq(audit.action, "storage.archive"));
  expect(acts.map((row) => row.targetId)).toEqual([far, far, near]);

  await claimSession(ctx, near);
  for (const who of [ctx, remote])
    await expect(archiveStorage(who, { sessionId: near })).rejects.toMatchObject({ reason: "run-live" });
  const stranger = { ...ctx, actor: tenantOperator("elsewhere") };
  await expect(archiveStorage(stranger, { sessionId: far })).rejects.toMatchObject({ reason: "not-found" });
  const gone = await makeStoredSession(ctx);
  expect(await archiveStorage(remote, { sessionId: gone })).toMatchObject({ archiveOrder: null });
  await evictStorage(ctx, { sessionId: gone });
  await expect(archiveStorage(ctx, { sessionId: gone })).rejects.toMatchObject({ reason: "store-evicted" });
  const nobody = { ...remote, settings: ctx.settings };
  const used = await makeUsedSession(ctx, { note: "x", isArchived: false });
  await expect(archiveStorage(nobody, { sessionId: used })).rejects.toMatchObject({ reason: "executor-unavailable" });
});

test("an archive made on request keeps a read session read", async () => {
  await using place = await openPlace();
  const { ctx } = place;
  const sessionId = await makeUsedSession(ctx, { note: "read", isArchived: false });
  await markSessionRead(ctx, { sessionId, readerId: "ann" });
  await archiveStorage(ctx, { sessionId });
  expect(await getSession(ctx, { sessionId, readerId: "ann" })).toMatchObject({ unread: false, storageFilesCount: 1 });
});

test("a runner's start waits for a pending decision on an archiver", async () => {
  await using place = await openPlace();
  const { ctx, remote, launcher } = place;
  const sessionId = await makeUsedSession(ctx, { note: "x", isArchived: false });
  await archiveStorage(remote, { sessionId });
  const run = await createRun(remote, { backendProfile: "codex", sessionRef: { sessionId } });
  await createCommand(remote, { runId: run.id, type: "turn", payload: { text: "go on" } });
  await launchRunnerJob(remote, { runId: run.id });
  let launched: Promise<void> | undefined;
  await inTx(ctx, async (tx) => {
    await lockSession(tx.db, sessionId, null);
    await tx.db.update(archiveOrders).set({ state: "launching" });
    launched = place.launchRunners();
    const isWaiting = sql`select count(*)::int as count from pg_locks where not granted`;
    await Promise.race([
      launched,
      expect.poll(() => ctx.db.execute(isWaiting).then(({ rows }) => rows[0])).toEqual({ count: 1 }),
    ]);
  });
  await launched;
  expect(launcher.runners).toEqual([]);
  expect(await orderOf(place, sessionId)).toMatchObject({ state: "ending" });
});

test("removes an order made void by a newer turn before its try", async () => {
  await using place = await openPlace();
  const { ctx, remote, archivers, launcher } = place;
  const sessionId = await makeUsedSession(ctx, { note: "x", isArchived: false });
  await archiveStorage(remote, { sessionId });
  await ctx.db.update(archiveOrders).set({ nextTryAt: sql`clock_timestamp() + interval '1 hour'` });
  await archivers.pass();
  expect(await orderOf(place, sessionId)).toMatchObject({ state: "waiting" });
  await ctx.db.update(sessions).set({ volumeCommandId: "cmd_newer" }).where(eq(sessions.sessionId, sessionId));
  await archivers.pass();
  expect(await orderOf(place, sessionId)).toBeNull();
  expect(launcher.started).toEqual([]);
});

test("of an order and a concurrent run, the archiver ends or never starts before the runner starts", async () => {
  await using place = await openPlace();
  const { ctx, remote, archivers, launcher } = place;
  launcher.isHeld = true;
  for (let round = 0; round < 10; round += 1) {
    const sessionId = await makeUsedSession(ctx, { note: `round ${round}`, isArchived: false });
    await archiveStorage(remote, { sessionId });
    const run = await createRun(remote, { backendProfile: "codex", sessionRef: { sessionId } });
    await createCommand(remote, { runId: run.id, type: "turn", payload: { text: "go on" } });
    const isStarted = () => launcher.runners.some((spec) => spec.runId === run.id);
    const launch = async () => {
      await place.launchRunners();
      if (isStarted()) expect([null, "waiting"]).toContain((await orderOf(place, sessionId))?.state ?? null);
    };
    await Promise.all([archivers.pass(), launch()]);
    await expect
      .poll(async () => {
        await archivers.pass();
        await launch();
        return isStarted();
      })
      .toBe(true);
    expect(launcher.alive).toEqual([]);
  }
});

/** Lets an order's archiver begin on a node that then stops answering, and creates a run for its session. */
async function loseOne(place: Place): Promise<{ sessionId: string; runId: string }> {
  const { remote, archivers, launcher } = place;
  launcher.isHeld = true;
  const sessionId = await makeUsedSession(place.ctx, { note: "lost node", isArchived: false });
  await archiveStorage(remote, { sessionId });
  await archivers.pass();
  const { attemptId = "" } = (await orderOf(place, sessionId)) ?? {};
  expect(launcher.alive).toContain(attemptId);
  launcher.outOfReach.add(attemptId);
  const { id: runId } = await createRun(remote, { backendProfile: "codex", sessionRef: { sessionId } });
  await createCommand(remote, { runId, type: "turn", payload: { text: "go on" } });
  await place.launchRunners();
  await archivers.pass();
  expect(await orderOf(place, sessionId)).toMatchObject({ state: "ending" });
  return { sessionId, runId };
}

test("archivers with unconfirmed ends delay no other session's archive", async () => {
  await using place = await openPlace();
  const { ctx, remote, archivers, launcher } = place;
  // As many as there may be at once.
  for (let lost = 0; lost < 2; lost += 1) await loseOne(place);
  launcher.isHeld = false;
  const sessionId = await makeUsedSession(ctx, { note: "on another node", isArchived: false });
  await archiveStorage(remote, { sessionId });
  await archivers.pass();
  await expect.poll(() => orderOf(place, sessionId), { timeout: 20_000 }).toBeNull();
  expect(await readArchive(place, sessionId)).toBe("on another node");
});

test("with many unconfirmed archivers no further one starts", async () => {
  await using place = await openPlace();
  const { ctx, remote, archivers } = place;
  const { sessionId: lost } = await loseOne(place);
  await ctx.db.execute(sql`
    insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile) select 'ses_' || n, 't', 'p', 'codex'
    from generate_series(1, 17) n`);
  await ctx.db.execute(sql`
    insert into agentrun_archive_orders (session_id, tenant_id, attempt_id, ordered_by, state)
    select 'ses_' || n, 't', 'arv_' || n, 'person', 'ending' from generate_series(1, 17) n`);
  for (let n = 1; n <= 17; n += 1) place.launcher.outOfReach.add(`arv_${n}`);
  const sessionId = await makeUsedSession(ctx, { note: "waits", isArchived: false });
  await archiveStorage(remote, { sessionId });
  await archivers.pass();
  expect(await orderOf(place, sessionId)).toMatchObject({ state: "waiting" });
  await forceReleaseStorage(ctx, { sessionId: lost, reason: "the node burnt down" });
  // The order of the session itself is put off in favour of the run that has its volume now.
  await archivers.pass();
  await archivers.pass();
  expect(await orderOf(place, sessionId)).toMatchObject({ state: "running" });
});

test("a run that waits for an archiver says so, and starts after an audited forced end", async () => {
  await using place = await openPlace();
  const { ctx, remote, launcher } = place;
  const { sessionId, runId } = await loseOne(place);
  await place.launchRunners();
  expect(launcher.runners).toEqual([]);
  const jobs = async () => (await listRunnerJobs(ctx, { runId, limit: 5 })).items;
  expect(await jobs()).toMatchObject([{ state: "launching", result: { waitsFor: "archiver" } }]);
  const stranger = { ...ctx, actor: tenantOperator("elsewhere") };
  const order = { sessionId, reason: "the node burnt down" };
  await expect(forceReleaseStorage(stranger, order)).rejects.toMatchObject({ reason: "not-found" });
  // A person ordered it and still wants it, so it waits for the end of the run.
  expect(await forceReleaseStorage(ctx, order)).toMatchObject({ archiveOrder: { state: "waiting" } });
  await expect(forceReleaseStorage(ctx, order)).rejects.toMatchObject({ reason: "version-conflict" });
  const [row] = await ctx.db.select().from(audit).where(eq(audit.action, "storage.forceRelease"));
  expect(row).toMatchObject({ targetId: sessionId, details: { reason: "the node burnt down" } });
  await place.launchRunners();
  expect(launcher.runners).toMatchObject([{ runId }]);
  expect(await jobs()).toMatchObject([{ state: "running", result: {} }]);
  // A working archiver ends by itself.
  const working = await makeUsedSession(ctx, { note: "x", isArchived: false });
  await archiveStorage(remote, { sessionId: working });
  await expect(forceReleaseStorage(ctx, { ...order, sessionId: working })).rejects.toMatchObject({
    details: { archiveOrder: "waiting" },
  });
});

test("why an archive failed is stored whatever an archiver's last words are", () => {
  const order = { tryCount: 0 } as ArchiveOrderRow;
  expect(fieldsAfterFailure(order, `\u{1f600}${"x".repeat(999)}`).failure).toBe(`\ufffd${"x".repeat(999)}`);
  expect(fieldsAfterFailure(order, "no\0").failure).toBe("no\ufffd");
  const secret = `ghp_${"a1".repeat(18)}`;
  expect(fieldsAfterFailure(order, `${secret} ${"x".repeat(980)}`).failure).not.toContain("a1");
});
