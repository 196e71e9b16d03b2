import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { pngOf, SMALL_IMAGES } from "@/contract/test/images";
import { attachments, sessions } from "@/db/schema";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { makeCommand, makeRun, makeSession } from "@/db/test/factories";
import { createCommand } from "@/server/commands";
import type { ServiceContext } from "@/server/context";
import { purgeDeleted } from "@/server/retention";
import { deleteSession } from "@/server/sessions";
import { runnerActor, type TestContext, tenantOperator, testContext } from "@/server/test/context";
import { getAttachment, listAttachments, readAttachment, removeUnnamed, storeAttachment } from ".";

let database: TestDatabase;
let ctx: TestContext;
beforeAll(async () => {
  database = await createTestDatabase();
  ctx = testContext(database);
});
afterAll(async () => {
  await ctx[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

/** Connections that wait for a row that another one holds. */
const WAITING = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;

async function sessionRun(): Promise<{ sessionId: string; runId: string }> {
  const { sessionId } = await makeSession(ctx.database.db);
  const { id: runId } = await makeRun(ctx.database.db, { sessionId });
  return { sessionId, runId };
}

const turn = (runId: string, ids: unknown, as: ServiceContext = ctx) =>
  createCommand(as, { runId, type: "turn", payload: { text: "look", attachments: ids } });
const countOf = (sessionId: string) => ctx.db.$count(attachments, eq(attachments.sessionId, sessionId));
const age = (id: string) =>
  ctx.db.update(attachments).set({ expiresAt: sql`now() - interval '1 second'` }).where(eq(attachments.id, id));

test("detects an image's type from its bytes; equal bytes are one attachment under the first name", async () => {
  const { sessionId } = await sessionRun();
  const bytes = pngOf(30, 20);
  const first = await storeAttachment(ctx, { sessionId, name: "a.jpg", bytes });
  expect(first).toMatchObject({
    id: expect.stringMatching(/^img_[0-9a-f]{32}$/),
    name: "a.jpg",
    createdBy: "operator:admin",
  });
  expect(first).toMatchObject({ mediaType: "image/png", width: 30, height: 20, sizeBytes: bytes.byteLength });
  const again = await storeAttachment(ctx, { sessionId, name: "b.png", bytes });
  expect(again).toMatchObject({ id: first.id, name: "a.jpg" });
  const gif = await storeAttachment(ctx, { sessionId, bytes: Buffer.from(SMALL_IMAGES["image/gif"], "base64") });
  expect(gif).toMatchObject({ name: "image.gif", mediaType: "image/gif" });
  expect((await readAttachment(ctx, { attachmentId: first.id })).bytes.equals(bytes)).toBe(true);
  const page = await listAttachments(ctx, { sessionId, limit: 1 });
  expect(page.items.map(({ id }) => id)).toEqual([first.id]);
  const rest = await listAttachments(ctx, { sessionId, limit: 1, cursor: page.cursor ?? "" });
  expect(rest).toMatchObject({ items: [{ id: gif.id }], cursor: null });
  const other = await sessionRun();
  expect((await storeAttachment(ctx, { sessionId: other.sessionId, bytes })).id).not.toBe(first.id);
});

test("limits a session's total image bytes, counting concurrent uploads", async () => {
  const { sessionId } = await sessionRun();
  const [one, two, three] = [pngOf(9, 9, 1), pngOf(9, 9, 2), pngOf(9, 9, 3)];
  const settings = { ...ctx.settings, attachmentsBytesMax: one.byteLength + two.byteLength };
  const narrow = { ...ctx, settings };
  await using second = testContext(database);
  const client = await second.pool.connect();
  try {
    // Another upload holds the session's row and is about to be stored.
    await client.query("begin");
    await client.query("select 1 from agentrun_sessions where session_id = $1 for no key update", [sessionId]);
    await client.query(
      `insert into agentrun_attachments (id, tenant_id, project_id, session_id, name, media_type, size_bytes, width, height,
         sha256, bytes, created_by) values ('img_first', 'default', 'default', $1, 'a', 'image/png', $2, 1, 1, 'x', '', 'a')`,
      [sessionId, one.byteLength],
    );
    const later = storeAttachment(narrow, { sessionId, bytes: two });
    later.catch(() => {});
    await expect.poll(async () => (await ctx.pool.query(WAITING)).rowCount).toBe(1);
    await client.query("commit");
    await later;
    await expect(storeAttachment(narrow, { sessionId, bytes: three })).rejects.toMatchObject({
      reason: "limit-reached",
    });
    // An image that the session already has takes up no more of its room.
    await storeAttachment(narrow, { sessionId, bytes: two });
  } finally {
    client.release();
  }
});

test("a message may name only its own session's images, each once, at most ten, within a total size", async () => {
  const { sessionId, runId } = await sessionRun();
  const stranger = await sessionRun();
  const own = await storeAttachment(ctx, { sessionId, bytes: pngOf(5, 5) });
  const theirs = await storeAttachment(ctx, { sessionId: stranger.sessionId, bytes: pngOf(5, 5) });
  const alone = await makeRun(ctx.database.db);
  for (const [id, ids] of [
    [runId, [own.id, theirs.id]],
    [runId, [`img_${"0".repeat(32)}`]],
    [alone.id, [own.id]],
  ] as const)
    await expect(turn(id, ids)).rejects.toMatchObject({ reason: "not-found" });
  // The refused turns have not claimed the image.
  expect((await getAttachment(ctx, { attachmentId: own.id })).expiresAt).not.toBeNull();
  expect((await turn(runId, [own.id])).payload).toEqual({ text: "look", attachments: [own.id] });
  expect((await getAttachment(ctx, { attachmentId: own.id })).expiresAt).toBeNull();
  const large = await Promise.all(
    [1, 2, 3, 4, 5].map((shade) =>
      storeAttachment(ctx, { sessionId, bytes: Buffer.concat([pngOf(7, 7, shade), Buffer.alloc(4_500_000)]) }),
    ),
  );
  const ids = large.map(({ id }) => id);
  await expect(turn(runId, ids)).rejects.toMatchObject({ reason: "invalid-input" });
  await turn(runId, ids.slice(0, 4));
});

test("images are invisible to other tenants; a runner reads those that its run's commands name", async () => {
  const { sessionId, runId } = await sessionRun();
  const next = await makeRun(ctx.database.db, { sessionId });
  const named = await storeAttachment(ctx, { sessionId, bytes: pngOf(4, 4, 1) });
  const unnamed = await storeAttachment(ctx, { sessionId, bytes: pngOf(4, 4, 2) });
  await turn(runId, [named.id]);
  const other = ctx.as(tenantOperator("other"));
  await expect(getAttachment(other, { attachmentId: named.id })).rejects.toMatchObject({ reason: "not-found" });
  await expect(listAttachments(other, { sessionId, limit: 5 })).rejects.toMatchObject({ reason: "not-found" });
  await expect(storeAttachment(other, { sessionId, bytes: pngOf(4, 4) })).rejects.toMatchObject({
    reason: "not-found",
  });
  const runner = ctx.as(runnerActor(runId, 1));
  expect((await readAttachment(runner, { attachmentId: named.id })).attachment.id).toBe(named.id);
  for (const [who, attachmentId] of [
    [runner, unnamed.id],
    [ctx.as(runnerActor(next.id, 1)), named.id],
  ] as const)
    await expect(readAttachment(who, { attachmentId })).rejects.toMatchObject({ reason: "not-found" });
  // A payload of an older release could contain anything; it gives no access to another session's images.
  const stranger = await sessionRun();
  const foreign = await makeCommand(ctx.database.db, stranger.runId, { payload: { attachments: [named.id] } });
  expect(foreign.runId).toBe(stranger.runId);
  await expect(
    readAttachment(ctx.as(runnerActor(stranger.runId, 1)), { attachmentId: named.id }),
  ).rejects.toMatchObject({
    reason: "not-found",
  });
});

test("removes images that no message shows after a time, but keeps one that is being named", async () => {
  const { sessionId, runId } = await sessionRun();
  const images = await Promise.all(
    [1, 2, 3].map((shade) => storeAttachment(ctx, { sessionId, bytes: pngOf(6, 6, shade) })),
  );
  const [left, kept, raced] = images.map(({ id }) => id) as [string, string, string];
  await turn(runId, [kept]);
  await removeUnnamed(ctx);
  expect(await countOf(sessionId)).toBe(3);
  for (const id of [left, raced]) await age(id);
  // Uploaded again, it has its whole time again.
  await storeAttachment(ctx, { sessionId, bytes: pngOf(6, 6, 3) });
  await removeUnnamed(ctx);
  await expect(getAttachment(ctx, { attachmentId: left })).rejects.toMatchObject({ reason: "not-found" });
  await age(raced);
  await using second = testContext(database);
  // The removal holds the row first: a turn that names the image waits, and then hears that there is none.
  const client = await second.pool.connect();
  try {
    await client.query("begin");
    await client.query("delete from agentrun_attachments where id = $1", [raced]);
    const naming = turn(runId, [raced]);
    naming.catch(() => {});
    await expect.poll(async () => (await ctx.pool.query(WAITING)).rowCount).toBe(1);
    await client.query("commit");
    await expect(naming).rejects.toMatchObject({
      reason: "not-found",
      message: expect.stringContaining("upload it again"),
    });
    // The other way round: an image that a turn is about to name is left alone.
    const last = await storeAttachment(ctx, { sessionId, bytes: pngOf(6, 6, 9) });
    await age(last.id);
    await client.query("begin");
    await client.query("update agentrun_attachments set expires_at = null where id = $1", [last.id]);
    await removeUnnamed(ctx);
    await client.query("commit");
    expect((await getAttachment(ctx, { attachmentId: last.id })).expiresAt).toBeNull();
  } finally {
    client.release();
  }
  expect(await countOf(sessionId)).toBe(2);
});

test("a deleted session's images are hidden at once, and removed with its other records", async () => {
  const { sessionId, runId } = await sessionRun();
  await ctx.db
    .update(sessions)
    .set({ storageKind: "none", storageState: "none" })
    .where(eq(sessions.sessionId, sessionId));
  const { id } = await storeAttachment(ctx, { sessionId, bytes: pngOf(3, 3) });
  await turn(runId, [id]);
  await deleteSession(ctx, { sessionId });
  await expect(getAttachment(ctx, { attachmentId: id })).rejects.toMatchObject({ reason: "not-found" });
  await expect(storeAttachment(ctx, { sessionId, bytes: pngOf(3, 3) })).rejects.toMatchObject({ reason: "not-found" });
  await purgeDeleted(ctx);
  expect(await countOf(sessionId)).toBe(0);
});
