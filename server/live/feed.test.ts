import { sql } from "drizzle-orm";
import pino from "pino";
import { expect, test } from "vitest";
import type { SessionChange } from "@/contract/watch";
import { connect } from "@/db/client";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { makeSession } from "@/db/test/factories";
import { ADMIN, tenantOperator, testContext } from "@/server/test/context";
import type { FeedFilter } from "./feed";
import { encodeFeedCursor, readFeedEpoch } from "./feed-cursor";
import { Live } from "./live";
import { openFeed } from "./watch-feed";

const WRITERS = 8;
const ROWS_EACH = 100;

function startLive(database: TestDatabase): AsyncDisposable & { live: Live } {
  const { db, close } = connect(database.url, { poolMax: 4 });
  const log = pino({ level: "silent" });
  const live = new Live({ db, databaseUrl: database.url, log, endedTokens: async () => new Set() });
  live.start();
  return {
    live,
    async [Symbol.asyncDispose]() {
      await live.close();
      await close();
    },
  };
}

type Followed = { ids: string[]; changes: SessionChange[]; lastId: string; stop: () => void };

/** Follows the sessions feed into an array. */
async function follow(
  ctx: Parameters<typeof openFeed>[0],
  live: Live,
  input: FeedFilter & { lastEventId?: string } = {},
): Promise<Followed> {
  const controller = new AbortController();
  const feed = await openFeed(ctx, live.sessions, input, controller.signal);
  const followed: Followed = { ids: [], changes: [], lastId: feed.startId, stop: () => controller.abort() };
  void (async () => {
    for await (const { id, item } of feed.entries) {
      followed.ids.push(item.sessionId);
      followed.changes.push(item);
      followed.lastId = id;
    }
  })();
  return followed;
}

/** Inserts sessions, each in a transaction that stays open for a moment after its row got its version. */
async function writeSessions(database: TestDatabase, writer: number, onCommit: () => void): Promise<string[]> {
  const client = await database.connect();
  const ids: string[] = [];
  for (let index = 0; index < ROWS_EACH; index += 1) {
    const id = `ses_w${writer}_${index}`;
    await client.query("BEGIN");
    await client.query(
      "INSERT INTO agentrun_sessions (session_id, tenant_id, project_id, backend_profile) VALUES ($1, $2, 'p', 'codex')",
      [id, writer % 2 === 0 ? "even" : "odd"],
    );
    await client.query("SELECT pg_sleep(random() * 0.004)");
    await client.query("COMMIT");
    ids.push(id);
    onCommit();
  }
  return ids;
}

/** Follows changes as v0.1 did: reads everything above the highest version seen. */
async function followByVersion(database: TestDatabase, seen: Set<string>, isOver: () => boolean): Promise<void> {
  const client = await database.connect();
  for (let cursor = 0, isLast = false; !isLast; ) {
    isLast = isOver();
    const { rows } = await client.query<{ session_id: string; version: string }>(
      "SELECT session_id, version FROM agentrun_sessions WHERE version > $1 ORDER BY version",
      [cursor],
    );
    for (const row of rows) {
      seen.add(row.session_id);
      cursor = Math.max(cursor, Number(row.version));
    }
  }
}

test("a feed loses no change of eight writers, while a cursor over versions does", async () => {
  await using database = await createTestDatabase();
  await using started = startLive(database);
  await using ctx = testContext(database);
  const { live } = started;
  const all = await follow(ctx, live);
  const even = await follow(ctx.as(tenantOperator("even")), live);
  const seenByVersion = new Set<string>();
  let isOver = false;
  const byVersion = followByVersion(database, seenByVersion, () => isOver);

  const written = (
    await Promise.all(
      Array.from({ length: WRITERS }, (_, writer) => writeSessions(database, writer, () => live.wake("sessions"))),
    )
  ).flat();
  isOver = true;
  await byVersion;

  await expect.poll(() => all.ids.length, { timeout: 10_000 }).toBe(WRITERS * ROWS_EACH);
  expect([...all.ids].sort()).toEqual([...written].sort());
  await expect.poll(() => even.ids.length).toBe((WRITERS / 2) * ROWS_EACH);
  expect(even.changes.every((change) => change.session?.tenantId === "even")).toBe(true);
  // Reading the same rows by version alone misses some, which is why this feed exists.
  expect(seenByVersion.size).toBeLessThan(written.length);

  const resumed = await follow(ctx, live, { lastEventId: all.lastId });
  const late = await makeSession(ctx.database.db);
  live.wake("sessions");
  await expect.poll(() => resumed.ids).toEqual([late.sessionId]);
});

test("a feed resumes after any of its ids with exactly what followed, including deletions", async () => {
  await using database = await createTestDatabase();
  await using started = startLive(database);
  await using ctx = testContext(database);
  const { live } = started;
  const first = await follow(ctx, live);
  const startId = first.lastId;
  const sessions = [
    await makeSession(ctx.database.db),
    await makeSession(ctx.database.db),
    await makeSession(ctx.database.db),
  ];
  live.wake("sessions");
  await expect.poll(() => first.ids.length).toBe(3);
  const [one] = sessions;
  await ctx.database.db.execute(
    sql`update agentrun_sessions set deleted_at = now() where session_id = ${one?.sessionId}`,
  );

  const resumed = await follow(ctx, live, { lastEventId: startId });

  await expect.poll(() => resumed.changes.length).toBe(3);
  expect(resumed.changes.map((change) => [change.sessionId, change.kind])).toEqual([
    [sessions[1]?.sessionId, "changed"],
    [sessions[2]?.sessionId, "changed"],
    [one?.sessionId, "deleted"],
  ]);
});

test("the poll finds a change without a notification", async () => {
  await using database = await createTestDatabase();
  await using started = startLive(database);
  await using ctx = testContext(database);
  const followed = await follow(ctx, started.live);
  const session = await makeSession(ctx.database.db);
  await expect.poll(() => followed.ids, { timeout: 5_000 }).toEqual([session.sessionId]);
});

test("a reader that has left before its stream was opened is not followed any further", async () => {
  await using database = await createTestDatabase();
  await using started = startLive(database);
  await using ctx = testContext(database);
  const { sessions } = started.live;
  await openFeed(ctx, sessions, {}, AbortSignal.abort());
  expect(sessions.hasReaders).toBe(false);
  const leaving = new AbortController();
  const opening = openFeed(ctx, sessions, {}, leaving.signal);
  leaving.abort();
  await opening;
  expect(sessions.hasReaders).toBe(false);
});

test("a cursor of another filter, a damaged one and one of before a restore are refused", async () => {
  await using database = await createTestDatabase();
  await using started = startLive(database);
  await using ctx = testContext(database);
  const { live } = started;
  const { lastId } = await follow(ctx, live);
  const open = (input: object, actor = ADMIN) =>
    openFeed(ctx.as(actor), live.sessions, input, new AbortController().signal);

  await expect(open({ lastEventId: lastId, projectId: "other" })).rejects.toMatchObject({ reason: "invalid-cursor" });
  await expect(open({ lastEventId: lastId }, tenantOperator("one"))).rejects.toMatchObject({
    reason: "invalid-cursor",
  });
  await expect(open({ lastEventId: "garbage" })).rejects.toMatchObject({ reason: "invalid-cursor" });
  await expect(open({ lastEventId: lastId.slice(0, -4) })).rejects.toMatchObject({ reason: "invalid-cursor" });
  const place = { xid: "18446744073709551616", version: 1 };
  const beyond = encodeFeedCursor({ feed: live.sessions.source.name }, await readFeedEpoch(ctx.db), place);
  await expect(open({ lastEventId: beyond })).rejects.toMatchObject({ reason: "invalid-cursor" });
  await expect(open({ tenantId: "two" }, tenantOperator("one"))).rejects.toMatchObject({ reason: "forbidden" });

  await ctx.database.db.execute(sql`update agentrun_feed_epoch set epoch = 'another'`);
  await expect(open({ lastEventId: lastId })).rejects.toMatchObject({ reason: "cursor-expired" });
});
