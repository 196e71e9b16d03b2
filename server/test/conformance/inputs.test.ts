import { expect, test } from "vitest";
import { type Json, startProgram, uniqueName } from "./program";

const program = startProgram();
const damaged = { failureKind: "schema-invalid", reason: "invalid-cursor" };

test("every list accepts an empty input, over REST and tRPC", async () => {
  await program().run();
  const lists: [string, string][] = [
    ["/runs", "runs.list"],
    ["/runners", "runners.list"],
    ["/sessions", "sessions.list"],
    ["/storage", "storage.list"],
    ["/queue/tasks", "queue.listTasks"],
    ["/backends", "backends.list"],
    ["/approvals", "approvals.list"],
    ["/queue/stats", "queue.stats"],
    ["/queue/commander", "queue.commander"],
  ];
  for (const [path, procedure] of lists) {
    const rest = await program().get(path);
    const typed = await program().trpc("query", procedure);
    expect(typed.status, `${procedure}: ${JSON.stringify(typed.error)}`).toBe(200);
    expect(Object.keys(typed.data).sort(), procedure).toEqual(Object.keys(rest).sort());
    if (path.startsWith("/queue/")) continue;
    expect(rest, path).toMatchObject({ items: expect.any(Array) });
    expect(rest, path).toHaveProperty("cursor");
  }
});

test("limits default to 50, are clamped above, and refused below one", async () => {
  const tenantId = uniqueName("tenant");
  for (let index = 0; index < 52; index += 1) await program().run({ tenantId });
  expect((await program().get(`/runs?tenantId=${tenantId}`)).items).toHaveLength(50);
  expect((await program().get(`/runs?tenantId=${tenantId}&limit=1000000`)).items).toHaveLength(52);
  for (const path of ["/runs", "/sessions", "/storage", "/queue/tasks", "/runners", "/approvals", "/backends"])
    for (const limit of ["0", "-1", "1.5", "many", "", "1e2", "NaN"]) {
      const error = await program().refused(400, "GET", `${path}?limit=${limit}`);
      expect(error.message, `${path} ${limit}`).toContain("limit");
    }
});

test("refuses a cursor with another filter, of another list, invented or truncated", async () => {
  const tenantId = uniqueName("tenant");
  for (let index = 0; index < 2; index += 1) {
    const { sessionId } = await program().post("/sessions", { tenantId, backendProfile: "codex" });
    const run = await program().run({ tenantId, sessionRef: { sessionId } });
    await program().post("/runners", { runId: run.id });
    await program().post("/queue/tasks", { tenantId, title: "t", backendProfile: "codex", payload: {} });
  }
  const lists = ["/runs", "/sessions", "/storage", "/queue/tasks", "/runners"];
  const cursors = new Map<string, string>();
  for (const path of lists) {
    const page = await program().get(`${path}?tenantId=${tenantId}&limit=1`);
    expect(page.cursor, path).not.toBeNull();
    cursors.set(path, page.cursor);
  }
  for (const path of lists) {
    const cursor = cursors.get(path) ?? "";
    const ask = (other: string, tenant = tenantId) =>
      program().refused(400, "GET", `${path}?tenantId=${tenant}&cursor=${encodeURIComponent(other)}`);
    expect(await ask(cursor, "other"), path).toMatchObject(damaged);
    expect(await ask(cursor.slice(0, -7)), path).toMatchObject(damaged);
    expect(await ask("garbage"), path).toMatchObject(damaged);
    expect(await ask(Buffer.from("[]").toString("base64url")), path).toMatchObject(damaged);
    for (const [from, foreign] of cursors) if (from !== path) expect(await ask(foreign), path).toMatchObject(damaged);
    const parts: Json[] = JSON.parse(Buffer.from(cursor, "base64url").toString());
    for (const made of [
      parts.with(-2, "yesterday"),
      parts.with(-2, "2026-13-45 99:00:00+00"),
      parts.with(-2, "2026-02-30 00:00:00+00"),
      parts.with(-2, "999999-12-31 00:00:00+00"),
      parts.with(-2, "999999-99-99 99:99:99+00"),
      parts.with(-2, "0000-01-01 00:00:00+00"),
      parts.with(-2, "4714-01-01 00:00:00+00 BC"),
      parts.with(-2, "2026-01-01 00:00:00+99"),
      parts.with(-2, "2026-01-01 24:00:00+00"),
      parts.with(-2, 7),
      parts.with(-2, null),
      parts.with(-1, "a\u0000b"),
      parts.with(-1, 5),
      parts.with(-1, null),
      ...(parts.length === 4 ? [parts.with(1, 1e300), parts.with(1, 0.5), parts.with(1, "x")] : []),
    ])
      expect(await ask(Buffer.from(JSON.stringify(made)).toString("base64url")), JSON.stringify(made)).toMatchObject(
        damaged,
      );
  }
});

test("refuses unknown keys by name, at every depth that the contract fixes", async () => {
  const run = await program().run();
  const cases: [string, string, unknown, string][] = [
    ["POST", "/runs", { backendProfile: "codex", surprise: 1 }, "surprise"],
    ["POST", "/runs", { backendProfile: "codex", sessionRef: { sessionId: "s", surprise: 1 } }, "surprise"],
    ["POST", "/runs", { backendProfile: "codex", executionPolicy: { surprise: 1 } }, "surprise"],
    ["POST", "/runs", { backendProfile: "codex", workspaceRef: { kind: "empty", surprise: 1 } }, "surprise"],
    ["GET", "/runs?surprise=1", undefined, "surprise"],
    ["GET", `/runs/${run.id}?surprise=1`, undefined, "surprise"],
    ["POST", `/runs/${run.id}/claim`, { runnerId: "r", surprise: 1 }, "surprise"],
    ["POST", `/runs/${run.id}/commands`, { type: "interrupt", payload: {}, surprise: 1 }, "surprise"],
    ["POST", `/runs/${run.id}/events`, { events: [{ type: "error", payload: {} }], surprise: 1 }, "surprise"],
    ["POST", "/sessions", { backendProfile: "codex", surprise: 1 }, "surprise"],
    ["POST", "/sessions", { backendProfile: "codex", storage: { kind: "pvc", surprise: 1 } }, "surprise"],
    ["POST", "/runners", { surprise: 1 }, "surprise"],
    ["GET", "/queue/stats?surprise=1", undefined, "surprise"],
    ["GET", "/backends?surprise=1", undefined, "surprise"],
    ["POST", "/sessions/storage/gc", { surprise: 1 }, "surprise"],
    ["POST", "/runs", { backendProfile: "codex", constructor: 1 }, "constructor"],
  ];
  for (const [method, path, body, name] of cases) {
    const error = await program().refused(400, method, path, body);
    expect(error.reason).toBe("invalid-input");
    expect(error.message, `${method} ${path}`).toContain(name);
  }
  const proto = '{"backendProfile":"codex","__proto__":{"tenantId":"x"}}';
  const { status, body } = await program().send("POST", "/api/v1/runs", { body: proto });
  expect(status).toBe(400);
  expect(body.error.message).toContain("__proto__");
  const kept = { a: { b: { c: [1, { d: null }] } }, constructor: "x" };
  expect(await program().run({ executionPolicy: { extra: kept }, traceSink: kept })).toMatchObject({
    executionPolicy: { extra: kept },
    traceSink: kept,
  });
});

test("refuses reserved ids, and does not find ids that name nothing", async () => {
  const bad = [
    "",
    " ",
    "a b",
    "a".repeat(129),
    ".",
    "..",
    "a..b",
    "a/b",
    "-x",
    "_x",
    "--help",
    ";rm",
    "$(x)",
    "'",
    '"',
    "{{x}}",
    "a\nb",
    "a\u0000b",
    "é",
    "👩",
    "watch",
    "storage",
    7,
    null,
    ["a"],
    { a: 1 },
  ];
  for (const sessionId of bad) {
    const body = { backendProfile: "codex", sessionId };
    expect(await program().refused(400, "POST", "/sessions", body), JSON.stringify(sessionId)).toMatchObject({
      reason: "invalid-input",
    });
    await program().refused(400, "POST", "/runs", { backendProfile: "codex", sessionRef: { sessionId } });
  }
  for (const [field, path] of [
    ["tenantId", "/runs"],
    ["projectId", "/runs"],
    ["providerId", "/runs"],
    ["tenantId", "/sessions"],
  ] as const)
    await program().refused(400, "POST", path, { backendProfile: "codex", [field]: "a..b" });
  const odd = ["A", "a".repeat(128), "a.b_c-d:e", "0", "Watch"];
  for (const sessionId of odd) {
    const name = sessionId.length > 100 ? sessionId : `${uniqueName("x")}${sessionId}`;
    expect(await program().post("/sessions", { backendProfile: "codex", sessionId: name })).toMatchObject({
      sessionId: name,
    });
    expect(await program().get(`/sessions/${name}`)).toMatchObject({ sessionId: name });
  }
  for (const id of ["nobody", "%2e%2e%2f", "a%2Fb", "%27%20or%201=1", "%F0%9F%91%A9", "a".repeat(254)])
    for (const path of ["runs", "commands", "sessions", "runners", "runner-jobs", "queue/tasks"])
      expect((await program().refused(404, "GET", `/${path}/${id}`)).failureKind, `${path}/${id}`).toBe(
        "schema-invalid",
      );
  for (const id of ["%00", "a%0Ab", "%FF", "a".repeat(257)]) await program().refused(400, "GET", `/runs/${id}`);
});

test("times need a zone and a year that can be stored", async () => {
  for (const expiresAt of [
    "2026-01-01",
    "2026-01-01T00:00:00",
    "2026-02-30T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "+012026-01-01T00:00:00Z",
    "now",
    1767225600000,
    "2026-01-01T25:00:00Z",
  ])
    await program().refused(400, "POST", "/sessions", { backendProfile: "codex", expiresAt });
  const far = await program().post("/sessions", { backendProfile: "codex", expiresAt: "9999-12-31T23:59:59Z" });
  expect(far.expiresAt).toBe("9999-12-31T23:59:59.000Z");
  const offset = await program().post("/sessions", { backendProfile: "codex", expiresAt: "2030-06-01T02:00:00+02:00" });
  expect(offset.expiresAt).toBe("2030-06-01T00:00:00.000Z");
});

test("checks a run's policy, workspace and bundle before storing anything", async () => {
  const git = (url: string) => ({ workspaceRef: { kind: "git", url } });
  for (const bad of [
    { backendProfile: undefined },
    { backendProfile: "unknown-profile" },
    { backendProfile: "constructor" },
    { backendProfile: "toString" },
    { backendProfile: 5 },
    { executionPolicy: { sandbox: "none" } },
    { executionPolicy: { approval: "always" } },
    { executionPolicy: { turnTimeoutMs: 0 } },
    { executionPolicy: { turnTimeoutMs: -1 } },
    { executionPolicy: { turnTimeoutMs: 315_360_000_000 } },
    { executionPolicy: { maxAttempts: 0 } },
    { executionPolicy: { onLost: "retry" } },
    { executionPolicy: [] },
    { workspaceRef: { kind: "directory", path: "/etc" } },
    { workspaceRef: { kind: "tape" } },
    git("file:///etc/passwd"),
    git("ext::sh -c x"),
    git("https://user:password@example.com/x.git"),
    git("--upload-pack=x"),
    { resourceBundleRef: { kind: "inline", files: [{ path: "../x", content: "" }] } },
    { resourceBundleRef: { kind: "inline", files: [{ path: "/x", content: "" }] } },
    { resourceBundleRef: { kind: "inline", files: [{ path: "a\u2028/../../x", content: "" }] } },
    { sessionRef: { sessionId: uniqueName("ses"), metadata: { big: "x".repeat(65_536) } } },
    { sessionRef: "ses" },
    { idempotencyKey: "k".repeat(256) },
    { idempotencyKey: "" },
    { tenantId: "" },
  ]) {
    const error = await program().refused(400, "POST", "/runs", { backendProfile: "codex", ...bad });
    expect(error, JSON.stringify(bad).slice(0, 200)).toMatchObject({ reason: "invalid-input" });
  }
  await program().run({ executionPolicy: { sandbox: "danger-full-access" }, ...git("git@github.com:a/b.git") });
});

test("refuses addresses and paths that cannot be stored unchanged", async () => {
  for (const odd of ["\u0000", "\u0007", "\u007f", "\ud800", "\udc00"]) {
    const git = { kind: "git", url: "https://example.com/x" };
    for (const bad of [
      { workspaceRef: { ...git, url: `https://example.com/${odd}` } },
      { workspaceRef: { ...git, ref: `a${odd}` } },
      { workspaceRef: { ...git, subdir: `a${odd}` } },
      { workspaceRef: { kind: "directory", path: `/a${odd}` } },
      { resourceBundleRef: { ...git, url: `git@example.com:${odd}` } },
      { resourceBundleRef: { kind: "inline", files: [{ path: `a${odd}`, content: "" }] } },
      { idempotencyKey: `a${odd}` },
    ]) {
      const error = await program().refused(400, "POST", "/runs", { backendProfile: "codex", ...bad });
      expect(error, JSON.stringify(bad)).toMatchObject({ reason: "invalid-input" });
      const task = { backendProfile: "codex", title: "t", payload: {}, ...bad };
      await program().refused(400, "POST", "/queue/tasks", task);
    }
  }
  const files = [{ path: "dir/👩 é", content: "\u0000" }];
  const run = await program().run({ resourceBundleRef: { kind: "inline", files } });
  expect(run.resourceBundleRef.files).toEqual([{ path: "dir/👩 é", content: "\ufffd" }]);
});

test("refuses bodies that are not JSON objects of bounded depth and size, and changes nothing", async () => {
  const send = (body: string, headers: Record<string, string> = {}) =>
    program().send("POST", "/api/v1/runs", { body, headers });
  for (const body of ["", "null", "[]", "7", '"x"', "{", '{"a":}', "\ufeff{", "NaN", "{'a':1}"])
    expect((await send(body)).status, body).toBe(400);
  const deep = `{"backendProfile":"codex","traceSink":${'{"a":'.repeat(1_000)}1${"}".repeat(1_000)}}`;
  expect((await send(deep)).status).toBe(400);
  const deeper = `{"backendProfile":"codex","traceSink":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  expect((await send(deeper)).status).toBe(400);
  const unknownDeep = `{"backendProfile":"codex","x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  expect((await send(unknownDeep)).status).toBe(400);
  const references = `{"title":"t","backendProfile":"codex","payload":{},"references":${"[".repeat(5_000)}${"]".repeat(5_000)}}`;
  expect((await program().send("POST", "/api/v1/queue/tasks", { body: references })).status).toBe(400);
  expect((await send('{"backendProfile":"codex"}', { "content-type": "text/plain" })).status).toBe(415);
  expect((await send('{"backendProfile":"codex"}', { "content-encoding": "gzip" })).status).toBe(415);
  const big = await send(`{"backendProfile":"codex","traceSink":{"x":"${"y".repeat(17 * 1024 * 1024)}"}}`);
  expect(big.status).toBe(413);
  const text = "z".repeat(1_000_000);
  const run = await program().run();
  expect((await program().turn(run.id, text)).payload.text).toHaveLength(1_000_000);
});

test("refuses numbers that are not integers or out of a column's range, over REST and tRPC", async () => {
  const run = await program().run();
  for (const literal of ["1e309", "-0.5", "9007199254740993e10", '"1"', "null"]) {
    const body = `{"runnerId":"r","leaseMs":${literal}}`;
    const { status } = await program().send("POST", `/api/v1/runs/${run.id}/claim`, { body });
    expect(status, literal).toBe(400);
  }
  for (const leaseEpoch of [2_147_483_648, -1, 1.5, "1"])
    await program().refused(400, "POST", `/runs/${run.id}/heartbeat`, { runnerId: "r", leaseEpoch });
  const typed = await program().trpc("query", "events.list", { runId: run.id, afterSeq: 2 ** 53 });
  expect(typed.status).toBe(400);
});

test("refuses a path parameter that contradicts the body or query", async () => {
  const run = await program().run();
  await program().refused(400, "POST", `/runs/${run.id}/claim`, { runId: "run_other", runnerId: "r" });
  await program().refused(400, "GET", `/runs/${run.id}/events?runId=run_other`);
  await program().refused(400, "GET", "/runs?status=pending&status=claimed");
});
