import pg from "pg";
import { pino } from "pino";
import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { startDatabaseProxy } from "@/server/test/database-proxy";
import { Leadership } from "./leadership";

const log = pino({ level: "silent" });
const SESSIONS =
  "select from pg_stat_activity where application_name = 'agentrun-loops' and datname = current_database()";

test("a replica that stops while it connects leads nothing afterwards, and another takes over at once", async () => {
  await using database = await createTestDatabase();
  await using proxy = await startDatabaseProxy(database.url, { delayMs: 50 });
  const gained: string[] = [];
  const stopped = new Leadership(proxy.url, log, (name) => gained.push(name));
  stopped.start(["dispatcher", "bulk"]);
  await stopped.close();
  // This connection takes the same way, and its answers come after those that the replica waited for.
  const later = new pg.Client({ connectionString: proxy.url });
  await later.connect();
  for (let count = 0; count < 5; count += 1) await later.query("select 1");
  expect((await later.query(SESSIONS)).rowCount).toBe(0);
  await later.end();
  expect([gained, stopped.leads("dispatcher")]).toEqual([[], false]);

  const next = new Leadership(database.url, log);
  next.start(["dispatcher", "bulk"]);
  await expect.poll(() => next.leads("dispatcher") && next.leads("bulk")).toBe(true);
  await next.close();
  expect(next.leads("dispatcher")).toBe(false);
});

test("a replica that stops while it asks for locks holds none afterwards", async () => {
  await using database = await createTestDatabase();
  const client = await database.connect();
  for (let round = 0; round < 5; round += 1) {
    let leadership: Leadership | undefined;
    const closed = new Promise<void>((resolve) => {
      leadership = new Leadership(database.url, log, () => resolve(leadership?.close()));
    });
    leadership?.start(["dispatcher", "bulk", "purge"]);
    await closed;
    expect(["dispatcher", "bulk", "purge"].filter((name) => leadership?.leads(name))).toEqual([]);
    await expect.poll(async () => (await client.query(SESSIONS)).rowCount).toBe(0);
  }
});

test("a replica stops within seconds while its database is silent", async () => {
  await using database = await createTestDatabase();
  await using proxy = await startDatabaseProxy(database.url);
  const leadership = new Leadership(proxy.url, log);
  leadership.start(["dispatcher"]);
  await expect.poll(() => leadership.leads("dispatcher")).toBe(true);
  proxy.silence();
  await leadership.close();
  expect(leadership.leads("dispatcher")).toBe(false);
});
