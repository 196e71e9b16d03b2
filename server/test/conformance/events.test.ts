import { expect, test } from "vitest";
import { type Json, startProgram, uniqueName } from "./program";

const program = startProgram();
const KNOWN = [
  "backend_status",
  "user_message",
  "assistant_message",
  "reasoning",
  "plan",
  "tool_call",
  "tool_output",
  "command_execution",
  "command_output",
  "file_change",
  "diff",
  "token_usage",
  "approval_request",
  "approval_decision",
  "warning",
  "error",
];

test("accepts every known type with any JSON object, numbered from 1 without gap", async () => {
  const run = await program().run();
  const events = KNOWN.map((type, index) => ({ type, payload: { index, list: [1, null, { a: "b" }] } }));
  const answer = await program().post(`/runs/${run.id}/events`, { events });
  expect(Object.keys(answer).sort()).toEqual(["items", "lastSeq"]);
  expect(answer.items.map((item: Json) => item.seq)).toEqual(KNOWN.map((_, index) => index + 2));
  expect(answer.items[0].id).toMatch(/^evt_/);
  expect(answer.lastSeq).toBe(KNOWN.length + 1);
  const stored = await program().events(run.id);
  expect(stored.slice(1).map(({ type, payload }) => ({ type, payload }))).toEqual(events);
  expect(await program().get(`/events/${stored[1].id}`)).toEqual(stored[1]);
  expect(Object.keys(stored[1]).sort()).toEqual(["createdAt", "id", "payload", "runId", "seq", "type"]);
});

test("sixteen concurrent callers on one run leave no gap and no duplicate", async () => {
  const { run, sessionId } = await program().sessionRun();
  const append = (caller: number) =>
    program().post(`/runs/${run.id}/events`, {
      events: Array.from({ length: 5 }, (_, index) => ({ type: "reasoning", payload: { caller, index } })),
    });
  await Promise.all(Array.from({ length: 16 }, (_, caller) => append(caller)));
  const events = await program().events(run.id);
  expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
  expect(events).toHaveLength(81);
  const followed = await program().until(`/sessions/${sessionId}`, (session) => session.lastEventSeq === 81);
  expect(followed.lastActivityAt).not.toBeNull();
});

test("stores a batch id once: a replay returns the first ids, other content gets 409", async () => {
  const run = await program().run();
  const batch = { batchId: uniqueName("batch"), events: [{ type: "assistant_message", payload: { text: "a", b: 1 } }] };
  const first = await program().post(`/runs/${run.id}/events`, batch);
  expect(await program().post(`/runs/${run.id}/events`, batch)).toEqual(first);
  const changed = { ...batch, events: [{ type: "assistant_message", payload: { text: "b" } }] };
  const error = await program().refused(409, "POST", `/runs/${run.id}/events`, changed);
  expect(error.reason).toBe("batch-conflict");
  const [event] = batch.events;
  const dated = (at: string) => ({ batchId: "dated", events: [{ ...event, at }] });
  const second = await program().post(`/runs/${run.id}/events`, dated("2026-01-01T00:00:00Z"));
  expect(await program().post(`/runs/${run.id}/events`, dated("2026-01-01T02:00:00+02:00"))).toEqual(second);
  await program().refused(409, "POST", `/runs/${run.id}/events`, dated("2026-01-02T00:00:00Z"));
  await program().refused(409, "POST", `/runs/${run.id}/events`, { ...batch, batchId: "dated" });
  expect(await program().events(run.id)).toHaveLength(3);
});

test("accepts an event's time in every form of an instant", async () => {
  const run = await program().run();
  const instants = {
    "2026-01-01T00:00:00+16:00": "2025-12-31T08:00:00.000Z",
    "0099-12-31T23:00:00-05:00": "0100-01-01T04:00:00.000Z",
    [`2026-01-01T00:00:00.${"1".repeat(200)}Z`]: "2026-01-01T00:00:00.111Z",
  };
  const events = Object.keys(instants).map((at) => ({ type: "warning", payload: {}, at }));
  await program().post(`/runs/${run.id}/events`, { events });
  await program().post(`/runs/${run.id}/events`, { events, batchId: uniqueName("batch") });
  const stored = (await program().events(run.id)).slice(-6).map((event) => event.createdAt);
  expect(stored).toEqual([...Object.values(instants), ...Object.values(instants)]);
  for (const at of ["2026-01-01T00:00:00-24:00", "0099-12-31T23:00:00Z", "9999-12-31T23:00:00-05:00"])
    await program().refused(400, "POST", `/runs/${run.id}/events`, { events: [{ type: "warning", payload: {}, at }] });
});

test("refuses an invalid event with its whole batch, and stores nothing", async () => {
  const run = await program().run();
  const good = { type: "warning", payload: {} };
  const bad: unknown[] = [
    { events: [] },
    { events: Array.from({ length: 501 }, () => good) },
    { events: [good, { type: "unheard_of", payload: {} }] },
    { events: [good, { type: "terminal_status", payload: {} }] },
    { events: [good, { type: "warning", payload: [] }] },
    { events: [good, { type: "warning", payload: "text" }] },
    { events: [good, { type: "warning", payload: null }] },
    { events: [good, { type: "warning" }] },
    { events: [good, { type: "warning", payload: {}, seq: 9 }] },
    { events: [good, { type: "warning", payload: {}, at: "yesterday" }] },
    { events: [good, { type: "warning", payload: {}, at: "2026-01-01T00:00:00" }] },
    { events: good },
    {},
  ];
  for (const body of bad) {
    const error = await program().refused(400, "POST", `/runs/${run.id}/events`, body);
    expect(error).toMatchObject({ failureKind: "schema-invalid", reason: "invalid-input" });
  }
  expect(await program().events(run.id)).toHaveLength(1);
  await program().post(`/runs/${run.id}/events`, { events: Array.from({ length: 500 }, () => good) });
  expect((await program().get(`/runs/${run.id}/events?limit=9999`)).items).toHaveLength(500);
  expect(await program().refused(404, "POST", "/runs/run_nobody/events", { events: [good] })).toMatchObject({
    reason: "not-found",
  });
});

test("stores unusual strings cleaned, and accepts later events", async () => {
  const run = await program().run();
  const payload = { nul: "a\u0000b", lone: "x\ud800y", "k\u0000": "v", rtl: "\u202e", emoji: "👩‍🔧", nfd: "e\u0301" };
  await program().post(`/runs/${run.id}/events`, { events: [{ type: "command_output", payload }] });
  await program().post(`/runs/${run.id}/events`, { events: [{ type: "warning", payload: { next: true } }] });
  const stored = await program().events(run.id);
  expect(stored[1].payload).toEqual({
    nul: "a\ufffdb",
    lone: "x\ufffdy",
    "k\ufffd": "v",
    rtl: "\u202e",
    emoji: "👩‍🔧",
    nfd: "e\u0301",
  });
  expect(stored[2].payload).toEqual({ next: true });
});

test("a payload keeps every key", async () => {
  const run = await program().run();
  const text =
    '{"events":[{"type":"tool_call","payload":{"__proto__":{"a":1},"constructor":{"b":2},"":0,"text":"x"}}]}';
  const { status } = await program().send("POST", `/api/v1/runs/${run.id}/events`, { body: text });
  expect(status).toBe(200);
  const [, event] = await program().events(run.id);
  expect(JSON.stringify(event.payload)).toContain('"__proto__":{"a":1}');
  expect(event.payload.constructor).toEqual({ b: 2 });
  expect(Object.hasOwn(event.payload, "")).toBe(true);
});

test("redacts secrets before storing, and keeps token counts", async () => {
  const run = await program().run();
  const payload = {
    authorization: "Basic dXNlcjpwYXNz",
    headers: { Cookie: "sid=1", "X-Api-Key": "k-123", accept: "text/html" },
    password: "hunter2",
    PASSWD: "hunter2",
    clientSecret: "s3cr3t",
    access_token: "abc",
    inputTokens: 12,
    token: 42,
    list: [{ apiKey: "zzz" }],
    text: [
      "Authorization: Bearer abcdefghijklmnop",
      `sk-${"a".repeat(32)}`,
      `sk-ant-api03-${"b".repeat(40)}`,
      `ghp_${"c".repeat(36)}`,
      `glpat-${"d".repeat(20)}`,
      `xoxb-${"1".repeat(12)}-abcdef`,
      "AKIAIOSFODNN7EXAMPLE",
      `AIza${"e".repeat(35)}`,
      `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${"f".repeat(20)}`,
      "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
      "postgres://user:pa55word@db/x",
    ].join("\n"),
  };
  await program().post(`/runs/${run.id}/events`, { events: [{ type: "tool_output", payload }] });
  const [, event] = await program().events(run.id);
  const stored = JSON.stringify(event.payload);
  for (const secret of [
    "dXNlcjpwYXNz",
    "sid=1",
    "k-123",
    "hunter2",
    "s3cr3t",
    'abc"',
    "zzz",
    "abcdefghijklmnop",
    "aaaaaaaa",
    "bbbbbbbb",
    "cccccccc",
    "dddddddd",
    "111111111111",
    "AKIAIOSFODNN7EXAMPLE",
    "eeeeeeee",
    "ffffffff",
    "MIIE",
    "pa55word",
  ])
    expect(stored, secret).not.toContain(secret);
  expect(event.payload).toMatchObject({ password: "[redacted]", inputTokens: 12, token: 42 });
  expect(event.payload.headers.accept).toBe("text/html");
  expect(event.payload.text).toContain("postgres://user:[redacted]@db/x");
});

test("lists events after a seq, with the run's last seq", async () => {
  const run = await program().run();
  const events = Array.from({ length: 7 }, (_, index) => ({ type: "reasoning", payload: { index } }));
  await program().post(`/runs/${run.id}/events`, { events });
  const page = await program().get(`/runs/${run.id}/events?afterSeq=2&limit=3`);
  expect(page.items.map((event: Json) => event.seq)).toEqual([3, 4, 5]);
  expect(page).toMatchObject({ lastSeq: 8 });
  expect(page.cursor).not.toBeNull();
  const rest = await program().get(`/runs/${run.id}/events?afterSeq=5`);
  expect(rest.items.map((event: Json) => event.seq)).toEqual([6, 7, 8]);
  expect(rest.cursor).toBeNull();
  expect((await program().get(`/runs/${run.id}/events?afterSeq=1000`)).items).toEqual([]);
  for (const query of [
    "limit=0",
    "limit=-1",
    "limit=1.5",
    "limit=many",
    "afterSeq=-1",
    "afterSeq=x",
    "afterSeq=2147483648",
  ])
    await program().refused(400, "GET", `/runs/${run.id}/events?${query}`);
});
