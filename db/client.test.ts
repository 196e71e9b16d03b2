import { readFile } from "node:fs/promises";
import { createConnection, createServer, type Socket } from "node:net";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { connect } from "./client";
import { isDatabaseDown, markFromDatabase } from "./errors";
import { createTestDatabase } from "./test/database";
import { withTransaction } from "./transaction";

test("a connection that breaks between two statements fails the next one, and not the process", async () => {
  await using database = await createTestDatabase();
  const { pool, close } = connect(database.url);
  const killer = await database.connect();
  const broken = new Promise<void>((resolve) => pool.once("acquire", (client) => client.once("end", resolve)));
  const cut = withTransaction(pool, async (tx) => {
    const { rows } = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
    await killer.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await broken;
    await tx.execute(sql`select 1`);
  });
  await expect(cut).rejects.toThrow();
  expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await close();
});

const NOWHERE = "/nowhere/agentrun";

test.each([
  ["a port that refuses", "postgres://somebody@127.0.0.1:1/agentrun"],
  ["a name of several addresses that refuse", "postgres://somebody@localhost:1/agentrun"],
  ["a socket's folder that is not there", `postgres://somebody@/agentrun?host=${NOWHERE}`],
])("a database behind %s is down", async (_what, url) => {
  const { pool, db, close } = connect(url);
  expect(isDatabaseDown(await pool.query("select 1").catch((error: unknown) => error))).toBe(true);
  expect(isDatabaseDown(await db.execute(sql`select 1`).catch((error: unknown) => error))).toBe(true);
  await close();
});

test("a connection reset during a statement counts as a database that is down", async () => {
  await using database = await createTestDatabase();
  const target = new URL(database.url);
  const server = createServer((socket: Socket) => {
    const onward = createConnection(Number(new URL(database.url).port), target.hostname);
    onward.pipe(socket).on("error", () => onward.destroy());
    socket.on("data", (chunk) => {
      if (chunk.includes("pg_sleep")) socket.resetAndDestroy();
      else onward.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  target.hostname = "127.0.0.1";
  target.port = String((server.address() as { port: number }).port);
  const { pool, close } = connect(target.href);
  const cut = pool.query("select pg_sleep(5)").catch((error: unknown) => error);
  expect(await cut).toMatchObject({ code: "ECONNRESET" });
  expect(isDatabaseDown(await cut)).toBe(true);
  await close();
  await new Promise((resolve) => server.close(resolve));
});

test("system errors of files and other servers do not count as a database that is down", async () => {
  const ofFile = await readFile(NOWHERE).catch((error: unknown) => error);
  expect(ofFile).toMatchObject({ code: "ENOENT" });
  expect(isDatabaseDown(ofFile)).toBe(false);
  for (const code of ["ECONNREFUSED", "EPIPE"]) {
    const error = Object.assign(new Error(`write ${code}`), { code });
    expect(isDatabaseDown(new Error("a call failed", { cause: error }))).toBe(false);
    markFromDatabase(error);
    expect(isDatabaseDown(new Error("Failed query", { cause: error }))).toBe(true);
  }
});
