import { eq, sql } from "drizzle-orm";
import { expect, test } from "vitest";
import type { Command } from "@/contract/command";
import type { RunEvent } from "@/contract/event";
import { runs } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { makeRun } from "@/db/test/factories";
import { appendEvents } from "@/server/events";
import { mintOperatorToken } from "@/server/identity";
import { markFeeds, watchEvents } from "@/server/live";
import { cancelRun, finishRun } from "@/server/runs";
import { ADMIN } from "@/server/test/context";
import { openSse, type SseFrame } from "@/server/test/sse";
import { ADMIN_TOKEN, startTestWeb, type TestWeb } from "@/server/test/web";

const AS_ADMIN = { authorization: `Bearer ${ADMIN_TOKEN}` };

async function append(web: TestWeb, runId: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    await appendEvents(web.as(ADMIN), {
      runId,
      events: [{ type: "assistant_message", payload: { text: `e${index}` } }],
    });
  }
}

const seqsOf = (frames: SseFrame[]) =>
  frames.flatMap((frame) => (frame.event === "message" ? [(frame.data as RunEvent).seq] : []));
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** Reads a stream like a slow connection, until it ends or enough was read. */
async function readSlowly(
  url: string,
  headers: Record<string, string>,
  isEnough: (text: string) => boolean = () => false,
): Promise<string> {
  const { body } = await fetch(url, { headers });
  let text = "";
  for await (const chunk of body ?? []) {
    text += Buffer.from(chunk).toString();
    if (isEnough(text)) break;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return text;
}

test("a run's stream continues after a server crash with every event once", async () => {
  await using database = await createTestDatabase();
  const first = await startTestWeb(database);
  const run = await makeRun(first.wiring.database.db);
  await append(first, run.id, 3);
  const before = await openSse(`${first.url}/api/v1/runs/${run.id}/events/watch`, AS_ADMIN);
  await append(first, run.id, 2);
  await before.until((frames) => seqsOf(frames).length === 5);
  const { port } = first;
  const writing = append(first, run.id, 2);
  await writing;
  await first.crash();
  await before.ended;
  const read = seqsOf(before.frames);

  await using second = await startTestWeb(database, { port });
  await append(second, run.id, 3);
  await using after = await openSse(`${second.url}/api/v1/runs/${run.id}/events/watch`, {
    ...AS_ADMIN,
    "last-event-id": before.lastId ?? "",
  });
  await append(second, run.id, 2);
  await after.until((frames) => seqsOf(frames).at(-1) === 12);

  expect([...read, ...seqsOf(after.frames)]).toEqual(upTo(12));
  expect(after.frames.every((frame) => frame.id === String((frame.data as RunEvent).seq))).toBe(true);
});

test("a stream far behind replays all pages, and many readers get the same events", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const run = await makeRun(web.wiring.database.db);
  const events = upTo(400).map((n) => ({ type: "reasoning" as const, payload: { text: `t${n}` } }));
  for (let batch = 0; batch < 3; batch += 1) await appendEvents(web.as(ADMIN), { runId: run.id, events });
  const readers = await Promise.all(
    upTo(20).map(() => openSse(`${web.url}/api/v1/runs/${run.id}/events/watch`, AS_ADMIN)),
  );
  await append(web, run.id, 5);

  for (const reader of readers) {
    await reader.until((frames) => seqsOf(frames).length >= 1_205);
    expect(seqsOf(reader.frames)).toEqual(upTo(1_205));
    reader.close();
  }
  await expect.poll(() => web.wiring.live.streams.count).toBe(0);
});

test("a stream ends after the run's last event, and a reconnect gets 204", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const run = await makeRun(web.wiring.database.db);
  await using reader = await openSse(`${web.url}/api/v1/runs/${run.id}/events/watch`, AS_ADMIN);
  await append(web, run.id, 1);
  await cancelRun(web.as(ADMIN), { runId: run.id });
  await reader.ended;
  expect(reader.frames.at(-2)).toMatchObject({ data: { type: "terminal_status" } });
  expect(reader.frames.at(-1)).toMatchObject({ event: "end" });

  await using again = await openSse(`${web.url}/api/v1/runs/${run.id}/events/watch`, {
    ...AS_ADMIN,
    "last-event-id": reader.lastId ?? "",
  });
  expect(again.status).toBe(204);
});

test("a replay ends with its run also when its events exactly fill the pages", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const ctx = web.as(ADMIN);
  const run = await makeRun(web.wiring.database.db);
  const events = upTo(499).map(() => ({ type: "reasoning" as const, payload: {} }));
  await appendEvents(ctx, { runId: run.id, events });
  // The end of the run is the 500th event after the first one.
  await appendEvents(ctx, { runId: run.id, events: [{ type: "warning", payload: {} }] });
  const { lastEventSeq } = await finishRun(ctx, { runId: run.id, terminalStatus: "completed" });
  expect(lastEventSeq).toBe(501);

  await using reader = await openSse(`${web.url}/api/v1/runs/${run.id}/events/watch?afterSeq=1`, AS_ADMIN);
  await reader.ended;
  expect(seqsOf(reader.frames)).toEqual(upTo(501, 2));
  expect(reader.frames.at(-1)).toMatchObject({ event: "end" });

  const watched: number[] = [];
  const { signal } = new AbortController();
  for await (const event of watchEvents(ctx, web.wiring.live, { runId: run.id, afterSeq: 1 }, signal))
    watched.push(event.seq);
  expect(watched).toEqual(upTo(501, 2));
});

test("an adopted run without a terminal event is replayed to its last event, and the stream ends", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const run = await makeRun(web.wiring.database.db);
  await append(web, run.id, 3);
  const adopted = { status: "completed", terminalStatus: "completed" } as const;
  await web.wiring.database.db.update(runs).set(adopted).where(eq(runs.id, run.id));

  await using reader = await openSse(`${web.url}/api/v1/runs/${run.id}/events/watch?afterSeq=1`, AS_ADMIN);
  await reader.ended;
  expect(seqsOf(reader.frames)).toEqual([2, 3]);
  expect(reader.frames.at(-1)).toMatchObject({ event: "end" });

  const watched: number[] = [];
  const { signal } = new AbortController();
  for await (const event of watchEvents(web.as(ADMIN), web.wiring.live, { runId: run.id, afterSeq: 1 }, signal))
    watched.push(event.seq);
  expect(watched).toEqual([2, 3]);
});

test("a slow reader receives a whole long log in one stream", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const ctx = web.as(ADMIN);
  const run = await makeRun(web.wiring.database.db);
  const events = upTo(400).map(() => ({ type: "command_output" as const, payload: { text: "x".repeat(8_000) } }));
  for (let batch = 0; batch < 4; batch += 1) await appendEvents(ctx, { runId: run.id, events });
  await finishRun(ctx, { runId: run.id, terminalStatus: "completed" });

  const text = await readSlowly(`${web.url}/api/v1/runs/${run.id}/events/watch`, AS_ADMIN);
  expect([...text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]))).toEqual(upTo(1_601));
  expect(text.endsWith("event: end\ndata: {}\n\n")).toBe(true);
});

test("a slow reader receives all commands of a run in one stream", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const run = await makeRun(web.wiring.database.db);
  await web.wiring.database.db.execute(sql`
    insert into agentrun_commands (id, run_id, seq, type, payload, payload_hash, state)
    select ${run.id} || seq, ${run.id}, seq, 'turn', jsonb_build_object('text', repeat('x', 8000)), '', 'completed'
    from generate_series(1, 1600) seq`);
  await finishRun(web.as(ADMIN), { runId: run.id, terminalStatus: "completed" });

  const text = await readSlowly(`${web.url}/api/v1/runs/${run.id}/commands/watch`, AS_ADMIN);
  expect([...text.matchAll(/^id: (\d+)$/gm)].map((match) => Number(match[1]))).toEqual(upTo(1_600));
  expect(text.endsWith("event: end\ndata: {}\n\n")).toBe(true);
});

test("a slow reader receives all changes since its last id in one stream", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const before = await openSse(`${web.url}/api/v1/sessions/watch`, AS_ADMIN);
  await expect.poll(() => before.lastId).not.toBeNull();
  before.close();
  await web.wiring.database.db.execute(sql`
    insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, metadata)
    select 'ses_' || n, 'default', 'default', 'codex', jsonb_build_object('text', repeat('x', 8000))
    from generate_series(1, 1600) n`);

  const headers = { ...AS_ADMIN, "last-event-id": before.lastId ?? "" };
  const count = (text: string) => [...text.matchAll(/^data: /gm)].length;
  const text = await readSlowly(`${web.url}/api/v1/sessions/watch`, headers, (soFar) => count(soFar) === 1_600);
  expect(count(text)).toBe(1_600);
});

test("live frames have no id, and reach only readers of the run", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  await using other = await startTestWeb(database);
  const run = await makeRun(web.wiring.database.db);
  await using here = await openSse(`${web.url}/api/v1/runs/${run.id}/events/watch`, AS_ADMIN);
  await using elsewhere = await openSse(`${other.url}/api/v1/runs/${run.id}/events/watch`, AS_ADMIN);
  await expect.poll(() => web.wiring.live.isListening && other.wiring.live.isListening).toBe(true);
  const frames = [{ itemId: "i1", kind: "assistant_message", text: "Hel" }];
  const send = () => web.call("POST", "/api/trpc/events.live", { body: { runId: run.id, frames } });
  // Nobody waits for text: what is sent before a reader follows the run is not kept for it.
  await expect
    .poll(async () => {
      expect((await send()).status).toBe(200);
      return [here.frames.length > 0, elsewhere.frames.length > 0];
    })
    .toEqual([true, true]);
  for (const reader of [here, elsewhere]) {
    expect(reader.frames[0]).toEqual({ id: null, event: "live", data: { runId: run.id, frames } });
  }
});

test("streams commands as they are created, and again when their cancellation is requested", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const run = await makeRun(web.wiring.database.db);
  const create = (text: string) =>
    web.call("POST", `/api/v1/runs/${run.id}/commands`, { body: { type: "turn", payload: { text } } });
  const { body } = await create("one");
  const one = body as Command;
  await using reader = await openSse(`${web.url}/api/v1/runs/${run.id}/commands/watch`, AS_ADMIN);
  await create("two");
  await reader.until((frames) => frames.length === 2);
  await web.call("POST", `/api/v1/commands/${one.id}/ack`);
  await web.call("POST", `/api/v1/commands/${one.id}/cancel`);
  const frames = await reader.until((seen) => seen.length === 3);
  expect(frames.map((frame) => [frame.id, (frame.data as Command).seq])).toEqual([
    ["1", 1],
    ["2", 2],
    ["2", 1],
  ]);
  expect(frames[2]?.data).toMatchObject({ id: one.id, cancelRequestedAt: expect.any(String) });
});

test("refuses an id that the run never issued before sending anything", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const run = await makeRun(web.wiring.database.db);
  await append(web, run.id, 2);
  for (const id of ["3", "abc", "-1", "99999999999"]) {
    await using reader = await openSse(`${web.url}/api/v1/runs/${run.id}/events/watch`, {
      ...AS_ADMIN,
      "last-event-id": id,
    });
    expect([id, reader.status]).toEqual([id, 400]);
  }
  await using missing = await openSse(`${web.url}/api/v1/runs/run_none/events/watch`, AS_ADMIN);
  expect(missing.status).toBe(404);
  await using nobody = await openSse(`${web.url}/api/v1/runs/${run.id}/events/watch`, {});
  expect(nobody.status).toBe(401);
});

test("a stream ends within seconds of its caller's token", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const token = await mintOperatorToken(web.as(ADMIN), { name: "ann", role: "operator", tenantId: null });
  const cookie = `agentrun_operator=${token}`;
  await using reader = await openSse(`${web.url}/api/live?sessions=1&runs=1&approvals=1`, { cookie });
  expect(reader.status).toBe(200);
  const out = await web.call("POST", "/api/auth/sign-out", { token: null, headers: { cookie, origin: web.url } });
  expect(out.status).toBe(200);
  await reader.ended;
  await using again = await openSse(`${web.url}/api/live`, { cookie });
  expect(again.status).toBe(401);
});

test("the console's stream carries tasks on request, without their payloads", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  await using asked = await openSse(`${web.url}/api/live?tasks=1`, AS_ADMIN);
  await using other = await openSse(`${web.url}/api/live?sessions=1`, AS_ADMIN);
  await web.call("POST", "/api/v1/queue/tasks", {
    body: { title: "shown", backendProfile: "demo", payload: { text: "long" } },
  });
  await web.call("POST", "/api/v1/sessions", { body: { sessionId: "ses_after", backendProfile: "demo" } });
  const frames = await asked.until((seen) => seen.some(({ event }) => event === "task"));
  const task = frames.find(({ event }) => event === "task")?.data;
  expect(task).toMatchObject({ id: expect.any(String), version: expect.any(Number), title: "shown", state: "pending" });
  expect(task).not.toHaveProperty("payload");
  await other.until((seen) => seen.some(({ event }) => event === "session"));
  expect(other.frames.filter(({ event }) => event === "task")).toEqual([]);
});

test("the console's stream begins at the instant its page was rendered, without a gap", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const since = await markFeeds(web.wiring.database.db);
  await web.call("POST", "/api/v1/sessions", { body: { sessionId: "ses_between", backendProfile: "demo" } });
  await using reader = await openSse(`${web.url}/api/live?sessions=1&runs=1&since=${since}`, AS_ADMIN);
  const frames = await reader.until((seen) => seen.some(({ event }) => event === "session"));
  expect(frames.find(({ event }) => event === "session")?.data).toMatchObject({ sessionId: "ses_between" });
  expect(frames[0]?.data).toMatchObject({ isBehind: false });

  // A feed's place depends on the oldest open transaction of the whole server, and on the readers that share it: until that
  // ends, and beside another reader, a new one receives the row again.
  const isSettled = sql`
    select change_xid < pg_snapshot_xmin(pg_current_snapshot()) as "isBelow" from agentrun_sessions`;
  await expect.poll(async () => (await web.wiring.database.db.execute(isSettled)).rows).toEqual([{ isBelow: true }]);
  await using other = await startTestWeb(database);
  await using late = await openSse(`${other.url}/api/live?sessions=1&since=${since.split(".")[0]}.1000`, AS_ADMIN);
  await web.call("POST", "/api/v1/sessions", { body: { sessionId: "ses_later", backendProfile: "demo" } });
  const told = await late.until((seen) => seen.some(({ event }) => event === "session"));
  expect(told[0]?.data, "an old page reads its lists again").toMatchObject({ isBehind: true });
  expect(told[1]?.data).toMatchObject({ sessionId: "ses_later" });

  for (const mark of ["yesterday", `${2n ** 64n}.${Date.now()}`]) {
    await using damaged = await openSse(`${web.url}/api/live?sessions=1&since=${mark}`, AS_ADMIN);
    expect(damaged.status, mark).toBe(400);
  }
});

test("the console's stream carries sessions, runs and one run's events", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const run = await makeRun(web.wiring.database.db);
  await append(web, run.id, 2);
  await using reader = await openSse(
    `${web.url}/api/live?sessions=1&runs=1&approvals=1&run=${run.id}&after=1`,
    AS_ADMIN,
  );
  await web.call("POST", "/api/v1/sessions", { body: { sessionId: "ses_live", backendProfile: "demo" } });
  await append(web, run.id, 1);
  await cancelRun(web.as(ADMIN), { runId: run.id });
  const frames = await reader.until(
    (seen) =>
      seen.some(({ event }) => event === "session") &&
      seen.some(({ event, data }) => event === "run" && (data as { status: string }).status === "cancelled"),
  );
  await reader.until((seen) => seen.some(({ data }) => (data as RunEvent).type === "terminal_status"));
  expect(frames[0]).toMatchObject({ event: "hello", data: { serverTime: expect.any(String) } });
  const events = reader.frames.filter(({ event }) => event === "event");
  expect(events.map(({ data }) => (data as RunEvent).seq)).toEqual(upTo(5, 2));
  expect(events[0]?.id).toBe(`${run.id}:2`);

  await using resumed = await openSse(`${web.url}/api/live?run=${run.id}&after=0`, {
    ...AS_ADMIN,
    "last-event-id": `${run.id}:4`,
  });
  await resumed.until((seen) => seen.some(({ event }) => event === "event"));
  expect(resumed.frames.filter(({ event }) => event === "event").map(({ data }) => (data as RunEvent).seq)).toEqual([
    5,
  ]);
});
