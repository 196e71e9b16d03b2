import { expect, test } from "vitest";
import { type Json, startProgram, uniqueName } from "./program";

const program = startProgram();
const ids = (page: Json) => page.items.map((item: Json) => item.sessionId);

test("creating makes the record and its volume in one call", async () => {
  const session = await program().post("/sessions", {
    backendProfile: "codex",
    title: "T",
    metadata: { a: 1 },
    codexRolloutSubdir: "rollouts",
  });
  expect(session).toMatchObject({
    tenantId: "default",
    projectId: "default",
    title: "T",
    metadata: { a: 1 },
    executionState: "idle",
    storageKind: "pvc",
    storageState: "live",
    codexRolloutSubdir: "rollouts",
    unread: false,
  });
  expect(session.sessionId).toMatch(/^ses_/);
  expect(session.storagePvcName).not.toBeNull();
  const without = await program().post("/sessions", { backendProfile: "codex", storage: { kind: "none" } });
  expect(without).toMatchObject({ storageKind: "none", storagePvcName: null });
});

test("the same id with the same content returns the same session; other content gets 409", async () => {
  const body = { sessionId: uniqueName("ses"), backendProfile: "codex", metadata: { a: 1, b: 2 }, title: "T" };
  const first = await program().post("/sessions", body);
  expect(await program().post("/sessions", { ...body, metadata: { b: 2, a: 1 } })).toEqual(first);
  expect(await program().post("/sessions", { ...body, tenantId: "default", storage: { kind: "pvc" } })).toEqual(first);
  for (const other of [{ title: "U" }, { backendProfile: "deepseek" }, { metadata: {} }, { storage: { kind: "none" } }])
    await program().refused(409, "POST", "/sessions", { ...body, ...other });
  // Later changes of a session do not count as its content.
  await program().ok("PATCH", `/sessions/${body.sessionId}`, { title: "Renamed" });
  expect(await program().post("/sessions", body)).toMatchObject({ sessionId: body.sessionId, title: "Renamed" });
  const made = await Promise.all(
    Array.from({ length: 8 }, () => program().post("/sessions", { sessionId: "raced", backendProfile: "codex" })),
  );
  expect(new Set(made.map((session) => session.createdAt)).size).toBe(1);
});

test("an omitted default and a given one are the same content", async () => {
  const bare = { sessionId: uniqueName("ses"), backendProfile: "codex" };
  const first = await program().post("/sessions", bare);
  const explicit = { ...bare, metadata: {}, projectId: "default", codexRolloutSubdir: "sessions" };
  expect(await program().post("/sessions", explicit)).toEqual(first);
  const timed = { sessionId: uniqueName("ses"), backendProfile: "codex", expiresAt: "2030-01-01T01:00:00+01:00" };
  const other = await program().post("/sessions", timed);
  expect(await program().post("/sessions", { ...timed, expiresAt: "2030-01-01T00:00:00Z" })).toEqual(other);
});

test("a session made by a run equals one created with the same content", async () => {
  const sessionId = uniqueName("ses");
  const sessionRef = { sessionId, threadId: "thr", metadata: { team: "a" } };
  await program().run({ sessionRef });
  const body = { sessionId, backendProfile: "codex", threadId: "thr", metadata: { team: "a" } };
  expect(await program().post("/sessions", body)).toMatchObject({ sessionId, threadId: "thr" });
  await program().refused(409, "POST", "/sessions", { ...body, metadata: { team: "b" } });
});

test("refuses an id whose session is being deleted as taken, not as missing", async () => {
  const { sessionId } = await program().post("/sessions", { backendProfile: "codex" });
  await program().ok("DELETE", `/sessions/${sessionId}`);
  await program().refused(404, "GET", `/sessions/${sessionId}`);
  const error = await program().refused(409, "POST", "/sessions", { sessionId, backendProfile: "codex" });
  expect(error.reason).toBe("already-exists");
  const run = { backendProfile: "codex", sessionRef: { sessionId } };
  expect(await program().refused(409, "POST", "/runs", run)).toMatchObject({ reason: "already-exists" });
  expect(ids(await program().get("/sessions?state=all&limit=200"))).not.toContain(sessionId);
});

test("refuses to delete during a claimed run, and cancels waiting runs", async () => {
  const { run, sessionId } = await program().sessionRun();
  await program().claim(run.id, "r1");
  const error = await program().refused(409, "DELETE", `/sessions/${sessionId}`);
  expect(error).toMatchObject({ failureKind: "schema-invalid", reason: "run-live" });
  const waiting = await program().run({ sessionRef: { sessionId } });
  await program().post(`/runs/${run.id}/finish`, { terminalStatus: "completed" });
  await program().ok("DELETE", `/sessions/${sessionId}`);
  expect(await program().get(`/runs/${waiting.id}`)).toMatchObject({ status: "cancelled" });
});

test("unread is a version above the reader's; a mark never moves back; every change raises the version", async () => {
  const { sessionId, version } = await program().post("/sessions", { backendProfile: "codex" });
  const at = async (reader: string) => program().get(`/sessions/${sessionId}?readerId=${reader}`);
  expect((await at("ann")).unread).toBe(true);
  const mark = await program().post(`/sessions/${sessionId}/read`, { readerId: "ann" });
  expect(mark).toMatchObject({ sessionId, readerId: "ann", sessionVersion: version });
  expect((await at("ann")).unread).toBe(false);
  expect((await at("bob")).unread).toBe(true);
  const renamed = await program().ok("PATCH", `/sessions/${sessionId}`, { title: "N" });
  expect(renamed.version).toBeGreaterThan(version);
  expect((await at("ann")).unread).toBe(true);
  await program().post(`/sessions/${sessionId}/read`, { readerId: "ann", version: renamed.version });
  const back = await program().post(`/sessions/${sessionId}/read`, { readerId: "ann", version: 1 });
  expect(back.sessionVersion).toBe(renamed.version);
  expect((await at("ann")).unread).toBe(false);
  const versions = [renamed.version];
  const run = await program().run({ sessionRef: { sessionId } });
  versions.push((await at("ann")).version);
  const turn = await program().turn(run.id);
  versions.push((await at("ann")).version);
  await program().claim(run.id, "r1");
  await program().post(`/commands/${turn.id}/finish`, { terminalStatus: "completed" });
  versions.push((await at("ann")).version);
  expect([...new Set(versions)].sort((left, right) => left - right)).toEqual(versions);
  for (const body of [{}, { readerId: "" }, { readerId: "ann", version: -1 }, { readerId: "ann", version: 1.5 }])
    await program().refused(400, "POST", `/sessions/${sessionId}/read`, body);
  const future = { readerId: "ann", version: Number.MAX_SAFE_INTEGER };
  await program().refused(409, "POST", `/sessions/${sessionId}/read`, future);
});

test("lists sessions by each filter, latest change first, in pages without loss", async () => {
  const tenantId = uniqueName("tenant");
  const made: Json[] = [];
  for (const title of ["alpha", "beta", "gamma 100%", "delta", "eps"])
    made.push(await program().post("/sessions", { tenantId, projectId: "p1", backendProfile: "codex", title }));
  const [alpha, beta, gamma, delta, eps] = made.map((session) => session.sessionId);
  const run = await program().run({ tenantId, projectId: "p1", sessionRef: { sessionId: beta } });
  const turn = await program().turn(run.id);
  const other = await program().run({ tenantId, projectId: "p1", sessionRef: { sessionId: gamma } });
  const ended = await program().turn(other.id);
  await program().post(`/commands/${ended.id}/finish`, { terminalStatus: "completed" });
  expect(turn.state).toBe("pending");
  await program().post(`/sessions/${alpha}/read`, { readerId: "ann" });
  const list = async (query: string) => ids(await program().get(`/sessions?tenantId=${tenantId}&${query}`));
  expect(await list("state=all")).toEqual([gamma, beta, eps, delta, alpha]);
  expect(await list("")).toHaveLength(5);
  expect(await list("state=running")).toEqual([beta]);
  expect(await list("state=terminal")).toEqual([gamma]);
  expect(await list("state=idle")).toEqual([eps, delta, alpha]);
  expect(await list("state=unread&readerId=ann")).toEqual([gamma, beta, eps, delta]);
  expect(await list("search=ALPH")).toEqual([alpha]);
  expect(await list("search=100%25")).toEqual([gamma]);
  expect(await list("search=_")).not.toContain(alpha.replace("_", "x"));
  expect(await list("backendProfile=deepseek")).toEqual([]);
  expect(await list("projectId=p2")).toEqual([]);
  expect(await list("storageKind=pvc")).toHaveLength(5);
  expect(await list("storageKind=none")).toEqual([]);
  const seen: string[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const page: Json = await program().get(
      `/sessions?tenantId=${tenantId}&state=all&limit=2${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`,
    );
    seen.push(...ids(page));
    cursor = page.cursor;
  }
  expect(seen).toEqual([gamma, beta, eps, delta, alpha]);
  const [first] = (await program().get(`/sessions?tenantId=${tenantId}&readerId=ann&limit=1`)).items;
  expect(first).toMatchObject({ sessionId: gamma, unread: true });
  await program().refused(400, "GET", "/sessions?state=unread");
});

test("orders sessions that changed at once by id, across pages", async () => {
  const tenantId = uniqueName("tenant");
  for (const name of ["c", "a", "b", "d"])
    await program().post("/sessions", { tenantId, backendProfile: "codex", sessionId: `same-${tenantId}-${name}` });
  const client = await program().database.connect();
  await client.query("alter table agentrun_sessions disable trigger user");
  await client.query("update agentrun_sessions set updated_at = '2026-01-01T00:00:00Z' where tenant_id = $1", [
    tenantId,
  ]);
  await client.query("alter table agentrun_sessions enable trigger user");
  const all = ids(await program().get(`/sessions?tenantId=${tenantId}`));
  expect(all).toEqual(["a", "b", "c", "d"].map((name) => `same-${tenantId}-${name}`));
  const first = await program().get(`/sessions?tenantId=${tenantId}&limit=3`);
  const rest = await program().get(`/sessions?tenantId=${tenantId}&limit=3&cursor=${first.cursor}`);
  expect([...ids(first), ...ids(rest)]).toEqual(all);
});

test("the default list omits sessions evicted more than a week ago", async () => {
  const tenantId = uniqueName("tenant");
  const make = async () => {
    const { sessionId } = await program().post("/sessions", { tenantId, backendProfile: "codex" });
    await program().ok("DELETE", `/sessions/${sessionId}/storage`);
    return sessionId as string;
  };
  const [old, fresh] = [await make(), await make()];
  const client = await program().database.connect();
  await client.query(
    "update agentrun_sessions set storage_evicted_at = now() - interval '8 days' where session_id = $1",
    [old],
  );
  expect(ids(await program().get(`/sessions?tenantId=${tenantId}`))).toEqual([fresh]);
  expect(ids(await program().get(`/sessions?tenantId=${tenantId}&state=all`)).sort()).toEqual([old, fresh].sort());
});

test("trace and output page the active run's events, else the last one's, or a named one's", async () => {
  const { sessionId } = await program().post("/sessions", { backendProfile: "codex" });
  expect(await program().get(`/sessions/${sessionId}/trace`)).toMatchObject({ sessionId, runId: null, items: [] });
  const first = await program().run({ sessionRef: { sessionId } });
  const types = ["reasoning", "assistant_message", "command_output", "tool_output", "diff", "file_change", "error"];
  const events = types.map((type) => ({ type, payload: { type } }));
  await program().post(`/runs/${first.id}/events`, { events });
  await program().turn(first.id);
  const second = await program().run({ sessionRef: { sessionId } });
  const trace = await program().get(`/sessions/${sessionId}/trace`);
  expect(trace).toMatchObject({ runId: first.id, lastSeq: 9, cursor: null });
  expect(trace.items).toHaveLength(9);
  const output = await program().get(`/sessions/${sessionId}/output`);
  expect(output.items.map((event: Json) => event.type)).toEqual(types.slice(1));
  const page = await program().get(`/sessions/${sessionId}/output?limit=2`);
  const next = await program().get(`/sessions/${sessionId}/output?limit=2&afterSeq=${page.items[1].seq}`);
  expect([...page.items, ...next.items].map((event: Json) => event.type)).toEqual(types.slice(1, 5));
  expect(page.cursor).not.toBeNull();
  expect(await program().get(`/sessions/${sessionId}/trace?runId=${second.id}`)).toMatchObject({ runId: second.id });
  await program().post(`/runs/${first.id}/cancel`);
  expect(await program().get(`/sessions/${sessionId}/trace`)).toMatchObject({ runId: second.id });
  const ended = await program().get(`/sessions/${sessionId}/output?runId=${first.id}&limit=500`);
  expect(ended.items.at(-1).type).toBe("terminal_status");
  const stranger = await program().run();
  const error = await program().refused(404, "GET", `/sessions/${sessionId}/trace?runId=${stranger.id}`);
  expect(error.reason).toBe("not-found");
});

test("a session's lastEventSeq follows server-written events", async () => {
  const { run, sessionId } = await program().sessionRun();
  await program().turn(run.id);
  const { lastEventSeq } = await program().get(`/runs/${run.id}`);
  expect(lastEventSeq).toBe(2);
  const session = await program().until(`/sessions/${sessionId}`, (now) => now.lastEventSeq === lastEventSeq);
  expect(session.lastActivityAt).not.toBeNull();
});

test("a session's lastEventSeq is its new run's, however many events the previous run had", async () => {
  const { run, sessionId } = await program().sessionRun();
  const events = Array.from({ length: 20 }, () => ({ type: "warning", payload: {} }));
  await program().post(`/runs/${run.id}/events`, { events });
  await program().post(`/runs/${run.id}/finish`, { terminalStatus: "completed" });
  expect(await program().get(`/sessions/${sessionId}`)).toMatchObject({ lastEventSeq: 22 });
  const second = await program().run({ sessionRef: { sessionId } });
  await program().post(`/runs/${second.id}/events`, { events: events.slice(0, 1) });
  await program().until(`/sessions/${sessionId}`, (now) => now.lastEventSeq === 2);
});

test("reading one session includes events appended just before", async () => {
  const { run, sessionId } = await program().sessionRun();
  const events = [{ type: "warning", payload: {} }];
  for (let appended = 1; appended <= 5; appended += 1) {
    const { lastSeq } = await program().post(`/runs/${run.id}/events`, { events });
    const { lastEventSeq, lastActivityAt } = await program().get(`/sessions/${sessionId}`);
    expect(lastEventSeq).toBe(lastSeq);
    expect(Date.now() - Date.parse(lastActivityAt)).toBeLessThan(60_000);
  }
});

test("a session that was locked during its run's events catches up when it is free", async () => {
  const { run, sessionId } = await program().sessionRun();
  const other = await program().sessionRun();
  const { pool } = program().web.wiring.database;
  const storedSeq = async (sessionId: string) => {
    const { rows } = await pool.query("select last_event_seq from agentrun_sessions where session_id = $1", [
      sessionId,
    ]);
    return rows[0].last_event_seq;
  };
  await expect.poll(() => storedSeq(sessionId)).toBe(1);
  await expect.poll(() => storedSeq(other.sessionId)).toBe(1);
  const holder = await pool.connect();
  await holder.query("begin");
  await holder.query("select 1 from agentrun_sessions where session_id = $1 for update", [sessionId]);
  await program().post(`/runs/${run.id}/events`, { events: [{ type: "warning", payload: {} }] });
  // A later activity, of another session, has been written: so this session's was left out.
  await program().post(`/runs/${other.run.id}/events`, { events: [{ type: "warning", payload: {} }] });
  await expect.poll(() => storedSeq(other.sessionId)).toBe(2);
  expect(await storedSeq(sessionId)).toBe(1);
  await holder.query("rollback");
  holder.release();
  await expect.poll(() => storedSeq(sessionId)).toBe(2);
});

test("update changes title, metadata and expiry, also into the past", async () => {
  const { sessionId } = await program().post("/sessions", { backendProfile: "codex" });
  const past = "2020-01-01T00:00:00.000Z";
  const updated = await program().ok("PATCH", `/sessions/${sessionId}`, {
    title: "New",
    metadata: { x: { y: 1 } },
    expiresAt: past,
  });
  expect(updated).toMatchObject({ title: "New", metadata: { x: { y: 1 } }, expiresAt: past });
  await program().refused(400, "PATCH", `/sessions/${sessionId}`, { backendProfile: "deepseek" });
  await program().refused(400, "PATCH", `/sessions/${sessionId}`, { expiresAt: "2020-01-01 00:00" });
  await program().refused(404, "PATCH", "/sessions/nobody", { title: "x" });
});
