import { eq, sql } from "drizzle-orm";
import type pg from "pg";
import { expect, test, vi } from "vitest";
import { SearchConversationsInput } from "@/contract/conversation";
import { RESULTS_MARK } from "@/contract/handed-text";
import type { EventType } from "@/contract/words";
import {
  readChangedSessions,
  readConversationPosition,
  readUnreadRuns,
  storeMessages,
} from "@/db/queries/conversations/read";
import { conversationFeed, conversationReads, conversationTexts, events, runs, sessions } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { makeRun, makeSession, unique } from "@/db/test/factories";
import { inTx, type ServiceContext } from "@/server/context";
import { deleteSession } from "@/server/sessions";
import { type TestContext, tenantOperator, testContext } from "@/server/test/context";
import { rowsRead } from "@/server/test/rows-read";
import { indexConversations, searchConversations } from ".";
import type { SearchBounds } from "./search";

type Said = [type: EventType, payload: Record<string, unknown>];
const started = (commandId: string): Said => ["backend_status", { phase: "turn-started", commandId }];
const asked = (text: string, commandId = "cmd_1"): Said => ["user_message", { text, commandId }];
const told = (text: string): Said => ["assistant_message", { text }];

type Place = { sessionId: string; runId: string };

async function makePlace({ database: { db } }: TestContext, owner: object = {}): Promise<Place> {
  const { sessionId } = await makeSession(db, { storageKind: "none", storageState: "none", ...owner });
  return { sessionId, runId: (await makeRun(db, { sessionId, status: "completed", ...owner })).id };
}

/** Adds events to a run and changes its session, as the end of a turn does. */
async function say(ctx: ServiceContext, { sessionId, runId }: Place, said: readonly Said[]): Promise<void> {
  await inTx(ctx, async (ctx) => {
    const [run] = await ctx.db
      .update(runs)
      .set({ lastEventSeq: sql`${runs.lastEventSeq} + ${said.length}` })
      .where(eq(runs.id, runId))
      .returning();
    const before = (run?.lastEventSeq ?? 0) - said.length;
    await ctx.db
      .insert(events)
      .values(
        said.map(([type, payload], index) => ({ id: unique("evt"), runId, type, payload, seq: before + index + 1 })),
      );
    await ctx.db.update(sessions).set({ executionState: "terminal" }).where(eq(sessions.sessionId, sessionId));
  });
}

async function search(ctx: ServiceContext, text: string, more: object = {}, bounds?: SearchBounds) {
  return searchConversations(ctx, SearchConversationsInput.parse({ text, ...more }), bounds);
}
const found = async (...given: Parameters<typeof search>) =>
  (await search(...given)).items.map(({ snippet }) => snippet.map(({ text }) => text).join(""));

/** Indexes until it has passed all that is committed: transactions of other tests hold up a feed. */
async function indexAll(ctx: ServiceContext): Promise<number> {
  let indexed = 0;
  await vi.waitFor(async () => {
    indexed += await indexConversations(ctx);
    const { rows } = await ctx.db.execute(sql`select from agentrun_sessions changed, agentrun_conversation_feed feed
      where (changed.change_xid, changed.version) > (feed.xid, feed.version)`);
    expect(rows).toHaveLength(0);
  }, 10_000);
  return indexed;
}

/** A conversation in which each of these texts was said by a person. */
async function conversed(ctx: TestContext, texts: readonly string[], owner: object = {}): Promise<Place> {
  const place = await makePlace(ctx, owner);
  await say(
    ctx,
    place,
    texts.map((text) => asked(text)),
  );
  await indexAll(ctx);
  return place;
}

test("indexes messages of people and the session's agent once, with their turn, without tools or sub-agents", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const place = await makePlace(ctx, { title: "Login" });
  await say(ctx, place, [
    started("cmd_1"),
    asked(`Mend the flaky login\n${RESULTS_MARK}\nwombat handed over`),
    ["assistant_message", { text: "wombat of a helper", agentThreadId: "thread-2" }],
    ["command_output", { text: "wombat printed" }],
    ["tool_output", { output: "wombat returned" }],
    ["reasoning", { text: "wombat thought" }],
    told("The login waits for a timer."),
    ["user_message", { text: "use login hints", commandId: "cmd_2", isSteer: true }],
  ]);
  expect(await indexAll(ctx)).toBe(3);
  await say(ctx, place, [
    told("The login test passes."),
    told(`${"x".repeat(8_000)} login`),
    ["assistant_message", {}],
  ]);
  expect(await indexAll(ctx)).toBe(2);
  expect(await indexAll(ctx)).toBe(0);

  const { items, cursor } = await search(ctx, "LOGIN");
  const hit = { sessionId: place.sessionId, title: "Login", runId: place.runId };
  expect(items).toEqual(
    [
      { commandId: "cmd_1", seq: 9, who: "agent", words: "The login test passes." },
      { commandId: "cmd_2", seq: 8, who: "user", words: "use login hints" },
      { commandId: "cmd_1", seq: 7, who: "agent", words: "The login waits for a timer." },
      { commandId: "cmd_1", seq: 2, who: "user", words: "Mend the flaky login" },
    ].map(({ words, ...more }) => ({
      ...{ ...hit, ...more, at: expect.any(String) },
      snippet: words.split(/(login)/).flatMap((text) => (text === "" ? [] : [{ text, isMatch: text === "login" }])),
    })),
  );
  expect(cursor).toBeNull();
  expect(await found(ctx, "wombat")).toEqual([]);
  expect(await found(ctx, "login test")).toEqual(["The login test passes."]);
  expect(await found(ctx, "login absent")).toEqual([]);
});

test("finds identifiers whole, by parts and by prefix", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const text =
    "parseUrl in src/login.ts calls HTTPServer_v2 (re-try) at https://example.com/a?b=cde; Überprüfung, 修复登录";
  await conversed(ctx, [text]);
  const finds = ["parseUrl", "parseurl", "url", "pars", "login.ts", "src/login.ts", "login", "src login", "HTTPServer"];
  finds.push(
    "server",
    "http",
    "v2",
    "retry".slice(0, 2),
    "re-try",
    "example.com",
    "cde",
    "Überp",
    "修复登录",
    "修复登",
    "(login)",
  );
  for (const words of finds) expect([words, await found(ctx, words)]).toEqual([words, [expect.any(String)]]);
  // Neither the middle of a word nor a beginning of less than three characters, nor any word but the last.
  for (const words of ["arse", "pa", "pars login", "ogin"])
    expect([words, await found(ctx, words)]).toEqual([words, []]);
  // What an operator of a query would be is a separator.
  for (const words of ["login & !url", "login:*", "'login'", "login | \\url", "login <-> url"])
    expect([words, (await found(ctx, words)).length]).toEqual([words, 1]);
  // PostgreSQL reads a character that is no letter in a way of its own.
  expect(await found(ctx, "1e5 a—b")).toEqual([]);
  expect(await search(ctx, "²")).toEqual({ items: [], cursor: null });
  for (const text of ["", "—", "&!"]) expect(SearchConversationsInput.safeParse({ text }).success).toBe(false);
});

test("indexes a turn whose transaction commits late", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const [late, early] = [await makePlace(ctx), await makePlace(ctx)];
  await indexAll(ctx);
  const open = await ctx.database.pool.connect();
  try {
    await sayOpen(open, late);
    await say(ctx, early, [asked("walrus soon")]);
    for (let pass = 0; pass < 3; pass += 1) await indexConversations(ctx);
    await open.query("commit");
  } finally {
    open.release();
  }
  await indexAll(ctx);
  expect((await found(ctx, "walrus")).toSorted()).toEqual(["walrus late", "walrus soon"]);
});

/** Says something in a transaction that stays open. */
async function sayOpen(client: pg.PoolClient, { sessionId, runId }: Place): Promise<void> {
  await client.query("begin");
  await client.query("update agentrun_runs set last_event_seq = 1 where id = $1", [runId]);
  await client.query(
    `insert into agentrun_events (id, run_id, seq, type, payload) values ($1, $2, 1, 'user_message', '{"text": "walrus late"}')`,
    [unique("evt"), runId],
  );
  await client.query("update agentrun_sessions set execution_state = 'terminal' where session_id = $1", [sessionId]);
}

test("concurrent and restarted workers store no message twice and lose none", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const place = await makePlace(ctx);
  const said = Array.from({ length: 30 }, (_, index) => told(`walrus ${index}`));
  await say(ctx, place, said);
  await vi.waitFor(async () => expect(await readUnreadRuns(ctx.db, [place.sessionId], 10)).toHaveLength(1));
  const [run] = await readUnreadRuns(ctx.db, [place.sessionId], 10);
  if (run === undefined) throw new Error("the run has nothing unread");
  // Another worker has stored the first message, and not yet committed.
  const other = await ctx.database.pool.connect();
  try {
    await other.query("begin");
    await other.query(
      `insert into agentrun_conversation_texts (run_id, seq, tenant_id, project_id, session_id, speaker, at, text)
       values ($1, 1, 'default', 'default', $2, 'agent', now(), 'walrus 0')`,
      [place.runId, place.sessionId],
    );
    const both = Promise.all([indexAll(ctx), indexAll(ctx)]);
    await expect.poll(() => waitersIn(ctx), { timeout: 10_000 }).toBeGreaterThan(0);
    await other.query("commit");
    await both;
  } finally {
    other.release();
  }
  // One that read before and stores after the others changes nothing.
  const again = {
    seq: 1,
    commandId: null,
    speaker: "agent",
    at: "2026-01-01T00:00:00Z",
    text: "walrus twice",
  } as const;
  await inTx(ctx, (ctx) => storeMessages(ctx.db, run, { seq: 1, commandId: null, said: [again] }));
  expect(await found(ctx, "walrus")).toHaveLength(30);
  expect(await ctx.db.select().from(conversationReads)).toEqual([{ runId: place.runId, seq: 30, commandId: null }]);
});

async function waitersIn(ctx: ServiceContext): Promise<number> {
  const { rows } = await ctx.db.execute<{ count: number }>(sql`select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`);
  return rows[0]?.count ?? 0;
}

test("indexes existing sessions in bounded steps that resume, and anew after a restore", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const places = await Promise.all([0, 1, 2, 3, 4].map(() => makePlace(ctx)));
  for (const place of places) await say(ctx, place, [told("walrus one"), told("walrus two"), told("walrus three")]);
  // As adopted rows have no transaction's number.
  await ctx.db.execute(sql`update agentrun_sessions set change_xid = '0'`);
  let passes = 0;
  while ((await found(ctx, "walrus")).length < 15) {
    const indexed = await indexConversations(ctx, { sessions: 2, runs: 1, events: 2, passMs: 0 });
    expect(indexed).toBeLessThanOrEqual(2);
    passes += 1;
    if (passes > 50) throw new Error("the back-fill does not go on");
  }
  expect(passes).toBeGreaterThanOrEqual(10);
  await indexAll(ctx);
  const [before] = await ctx.db.select().from(conversationFeed);
  await ctx.db.execute(sql`update agentrun_feed_epoch set epoch = 'restored'`);
  await say(ctx, places[0] as Place, [told("walrus four")]);
  expect(await indexAll(ctx)).toBe(1);
  expect((await ctx.db.select().from(conversationFeed))[0]).toMatchObject({ epoch: "restored" });
  expect(before?.epoch).not.toBe("restored");
});

test("a tenant finds only its own messages", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const mine = await conversed(ctx, ["walrus of mine"], { tenantId: "mine", projectId: "p1" });
  const theirs = await conversed(ctx, ["walrus of theirs"], { tenantId: "theirs", projectId: "p1" });
  const me = ctx.as(tenantOperator("mine"));
  for (const bounds of [undefined, { fewMax: -1, scanMax: 10 }]) {
    expect(await found(me, "walrus", {}, bounds)).toEqual(["walrus of mine"]);
    expect(await found(me, "walrus", { projectId: "p1" }, bounds)).toEqual(["walrus of mine"]);
    expect(await found(me, "walrus", { sessionId: mine.sessionId }, bounds)).toEqual(["walrus of mine"]);
    expect(await found(me, "walrus", { sessionId: theirs.sessionId }, bounds)).toEqual([]);
    expect(await found(me, "walrus", { tenantId: "theirs" }, bounds)).toEqual([]);
    expect(await found(me, "walrus", { projectId: "p2" }, bounds)).toEqual([]);
    expect(await found(ctx, "walrus", {}, bounds)).toHaveLength(2);
    expect(await found(ctx, "walrus", { tenantId: "theirs" }, bounds)).toEqual(["walrus of theirs"]);
  }
});

test("a deleted session leaves no messages, even with a worker that is reading it", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const place = await conversed(ctx, ["walrus kept secret"]);
  const other = await conversed(ctx, ["walrus that stays"]);
  await say(ctx, place, [told("walrus unread")]);
  const [run] = await readUnreadRuns(ctx.db, [place.sessionId], 10);
  if (run === undefined) throw new Error("the run has nothing unread");
  await deleteSession(ctx, { sessionId: place.sessionId });
  for (const bounds of [undefined, { fewMax: -1, scanMax: 10 }])
    expect(await found(ctx, "walrus", {}, bounds)).toEqual(["walrus that stays"]);
  await indexAll(ctx);
  expect(await ctx.db.$count(conversationTexts, eq(conversationTexts.runId, place.runId))).toBe(1);
  await ctx.db.delete(runs).where(eq(runs.id, place.runId));
  const said = {
    seq: 2,
    commandId: null,
    speaker: "agent",
    at: "2026-01-01T00:00:00Z",
    text: "walrus unread",
  } as const;
  await inTx(ctx, (ctx) => storeMessages(ctx.db, run, { seq: 2, commandId: null, said: [said] }));
  expect(await ctx.db.select({ runId: conversationTexts.runId }).from(conversationTexts)).toEqual([
    { runId: other.runId },
  ]);
  expect(await ctx.db.select({ runId: conversationReads.runId }).from(conversationReads)).toEqual([
    { runId: other.runId },
  ]);
});

test("pages hold every match once, the newest first, for each search strategy", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const texts = Array.from({ length: 40 }, (_, index) => (index % 4 === 0 ? `walrus n${index}` : `otter n${index}`));
  await conversed(ctx, texts);
  const expected = texts.filter((text) => text.startsWith("walrus")).toReversed();
  for (const bounds of [undefined, { fewMax: 2, scanMax: 7 }]) {
    const all: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await search(ctx, "walrus", { limit: 3, ...(cursor ? { cursor } : {}) }, bounds);
      expect(page.items.length).toBeLessThanOrEqual(3);
      all.push(...page.items.map(({ snippet }) => snippet.map(({ text }) => text).join("")));
      cursor = page.cursor ?? undefined;
    } while (cursor !== undefined);
    expect(all).toEqual(expected);
  }
  const { cursor } = await search(ctx, "walrus", { limit: 3 });
  await expect(search(ctx, "otter", { cursor })).rejects.toThrow("another filter");
  await expect(search(ctx, "walrus", { cursor: "AAAA" })).rejects.toThrow("damaged");
});

test("a frequent word costs a page no more than its bound, and a rare one is found however old", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { runId, sessionId } = await makePlace(ctx);
  await ctx.db.execute(sql`
    insert into agentrun_conversation_texts (run_id, seq, tenant_id, project_id, session_id, speaker, at, text)
    select ${runId}, n, 'default', 'default', ${sessionId}, 'agent', now() + n * interval '1 second',
      'common ' || case when n = 1 then 'walrus' when n % 2 = 0 then 'even' else 'odd' end
    from generate_series(1, 20000) n`);
  const bounds = { fewMax: 100, scanMax: 300 };
  const read = (text: string) => rowsRead(ctx, "agentrun_conversation_texts", (ctx) => search(ctx, text, {}, bounds));
  // PostgreSQL expects few rows of a word before it has looked, and many afterwards.
  for (const text of ["common", "com", "common even"]) expect(await read(text)).toBeLessThan(1_500);
  await ctx.db.execute(sql`analyze agentrun_conversation_texts`);
  for (const text of ["common", "com", "common even"]) expect(await read(text)).toBeLessThan(1_500);
  // No message holds both, and each stands in thousands.
  expect(await read("even odd")).toBeLessThan(100);
  expect(await read("common walrus")).toBeLessThan(100);
  expect(await found(ctx, "common walrus", {}, bounds)).toEqual(["common walrus"]);
});

/** Has the database do something whenever messages are stored: the new rows are `added`. */
async function whenStored(ctx: ServiceContext, body: string): Promise<void> {
  await ctx.db.execute(
    sql.raw(`
    create or replace function test_when_stored() returns trigger language plpgsql as $$ begin ${body} return null; end $$;
    create or replace trigger test_when_stored after insert on agentrun_conversation_texts
      referencing new table as added for each statement execute function test_when_stored()`),
  );
}

test("continuous runs block no other run, and their messages are found after their next turn", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const [live, ended] = [await makePlace(ctx), await makePlace(ctx)];
  await say(ctx, live, [told("walrus lives")]);
  await say(ctx, ended, [told("walrus ended")]);
  // Each message that is read is followed by another one.
  await whenStored(
    ctx,
    `with grown as (
      insert into agentrun_events (id, run_id, seq, type, payload)
      select 'evt_grown' || run.last_event_seq, run.id, run.last_event_seq + 1, 'assistant_message',
        '{"text": "walrus goes on"}'
      from agentrun_runs run where run.id = '${live.runId}' and exists (select from added where added.run_id = run.id)
      returning run_id, seq)
    update agentrun_runs run set last_event_seq = grown.seq from grown where run.id = grown.run_id;`,
  );
  const passMs = 1_000;
  const feedBefore = await ctx.db.select().from(conversationFeed);
  await vi.waitFor(async () => {
    await indexConversations(ctx, { runs: 1, passMs });
    expect((await found(ctx, "walrus")).toSorted()).toEqual(["walrus ended", "walrus lives"]);
  }, 10_000);
  expect(await ctx.db.select().from(conversationFeed)).not.toEqual(feedBefore);
  await ctx.db.execute(sql`drop trigger test_when_stored on agentrun_conversation_texts`);
  await say(ctx, live, [told("walrus is done")]);
  await indexAll(ctx);
  expect((await found(ctx, "walrus")).toSorted()).toEqual([
    "walrus ended",
    "walrus goes on",
    "walrus is done",
    "walrus lives",
  ]);
});

test("a pass that runs out of time keeps its progress while the next one runs", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const [first, second] = [await makePlace(ctx), await makePlace(ctx)];
  await say(ctx, first, [told("walrus one")]);
  await say(ctx, second, [told("walrus two"), told("walrus three")]);
  await vi.waitFor(async () => {
    await indexConversations(ctx, { events: 1, passMs: 0 });
    expect(await found(ctx, "walrus")).toHaveLength(2);
  }, 10_000);
  const { rows } = await ctx.db.execute<{ sessionId: string }>(sql`select session_id as "sessionId"
    from agentrun_sessions s, agentrun_conversation_feed feed where (s.change_xid, s.version) = (feed.xid, feed.version)`);
  expect(rows).toEqual([{ sessionId: first.sessionId }]);
});

test("splits long texts, halves slow steps, and skips what cannot be stored", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const tooLong = (what: string) =>
    `if (select ${what} from added) then raise exception 'too long' using errcode = '57014'; end if;`;
  await ctx.db.execute(sql`create table test_stored (chars int)`);
  await whenStored(ctx, "insert into test_stored select sum(length(text)) from added;");
  const text = `walrus ${"x ".repeat(3_990)}`;
  const big = await makePlace(ctx);
  await say(ctx, big, [
    started("cmd_1"),
    ...Array.from({ length: 80 }, () => told(text)),
    started("cmd_2"),
    told("otter"),
  ]);
  expect(await indexAll(ctx)).toBe(81);
  const commands = await ctx.db
    .select({ commandId: conversationTexts.commandId, count: sql<number>`count(*)::int` })
    .from(conversationTexts)
    .groupBy(conversationTexts.commandId);
  expect(commands.toSorted((a, b) => b.count - a.count)).toEqual([
    { commandId: "cmd_1", count: 80 },
    { commandId: "cmd_2", count: 1 },
  ]);
  const { rows } = await ctx.db.execute(sql`select count(*)::int, max(chars) <= 262144 as bounded from test_stored`);
  expect(rows).toEqual([{ count: 3, bounded: true }]);

  await whenStored(ctx, tooLong("count(*) > 1"));
  await say(ctx, await makePlace(ctx), [told("seal a"), told("seal b"), told("seal c")]);
  expect(await indexAll(ctx)).toBe(3);

  await whenStored(ctx, tooLong("bool_or(text like '%poison%')"));
  const bad = await makePlace(ctx);
  await say(ctx, bad, [told("heron a"), told("heron poison"), told("heron b"), told("heron poison"), told("heron c")]);
  await say(ctx, await makePlace(ctx), [told("heron of others")]);
  await vi.waitFor(
    async () => expect(await readChangedSessions(ctx.db, await readConversationPosition(ctx.db), 10)).toHaveLength(2),
    10_000,
  );
  await indexConversations(ctx);
  // The run is tried again, and holds up no other meanwhile.
  expect((await found(ctx, "heron")).toSorted()).toEqual(["heron a", "heron of others"]);
  await indexAll(ctx);
  expect((await found(ctx, "heron")).toSorted()).toEqual(["heron a", "heron b", "heron c", "heron of others"]);
});

test("a pass without changes writes nothing", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await conversed(ctx, ["walrus"]);
  const read = async () => (await ctx.db.execute(sql`select ctid, xmin, xmax from agentrun_conversation_feed`)).rows;
  const before = await read();
  expect(await indexConversations(ctx)).toBe(0);
  expect(await read()).toEqual(before);
});

test("limits the connections that concurrent searches use", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await conversed(ctx, ["walrus"]);
  const held = await ctx.database.pool.connect();
  try {
    await held.query("begin");
    await held.query("lock table agentrun_conversation_texts in access exclusive mode");
    const waiting = Promise.all(Array.from({ length: 15 }, () => found(ctx, "walrus")));
    await expect(search(ctx, "walrus")).rejects.toMatchObject({ reason: "overloaded" });
    await expect.poll(() => waitersIn(ctx), { timeout: 10_000 }).toBe(3);
    await held.query("commit");
    expect(await waiting).toEqual(Array.from({ length: 15 }, () => ["walrus"]));
  } finally {
    held.release(true);
  }
  expect(await found(ctx, "walrus")).toEqual(["walrus"]);
});

test("the next page of few matches reads no more rows than it needs, and looks up only its own sessions", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { runId } = await makePlace(ctx);
  await ctx.db.execute(sql`
    insert into agentrun_sessions (session_id, tenant_id, project_id, backend_profile, storage_kind, storage_state)
    select 'ses_many' || n, 'default', 'default', 'codex', 'none', 'none' from generate_series(1, 5000) n`);
  const add = (from: number, to: number) =>
    ctx.db.execute(sql`
      insert into agentrun_conversation_texts (run_id, seq, tenant_id, project_id, session_id, speaker, at, text)
      select ${runId}, n, 'default', 'default', 'ses_many' || n % 5000 + 1, 'agent', now() + n * interval '1 second',
        case when n in (1, 2, 19001, 19002, 20000) then 'ant bee cat dog eel'
          else array_to_string(array_remove(kinds, kinds[n % 5 + 1]), ' ') end
      from generate_series(${from}::int, ${to}::int) n, (select array['ant', 'bee', 'cat', 'dog', 'eel'] as kinds) known`);
  // Older messages are indexed later than PostgreSQL last looked: it expects none below the first page.
  await ctx.db.execute(sql`alter table agentrun_conversation_texts alter column at set statistics 1000`);
  await add(19_001, 20_000);
  await ctx.db.execute(sql`analyze agentrun_conversation_texts, agentrun_sessions`);
  await add(1, 19_000);
  const text = "ant bee cat dog eel";
  const read = (table: string, words: string, more: object, bounds?: SearchBounds) =>
    rowsRead(ctx, table, (ctx) => search(ctx, words, more, bounds));
  const { cursor } = await search(ctx, text, { limit: 2 });
  expect(await read("agentrun_conversation_texts", text, { limit: 2, cursor })).toBeLessThan(100);
  for (const words of ["ant", text])
    expect(await read("agentrun_sessions", words, { limit: 50 }, { fewMax: 3, scanMax: 2_000 })).toBeLessThan(200);
});
