import { expect, test } from "vitest";
import type { RunEvent } from "@/contract/event";
import { createTestDatabase } from "@/db/test/database";
import { makeRun } from "@/db/test/factories";
import { appendEvents } from "@/server/events";
import { assertListenWorks } from "@/server/live";
import { ADMIN, testContext } from "@/server/test/context";
import { startDatabaseProxy } from "@/server/test/database-proxy";
import { openSse } from "@/server/test/sse";
import { ADMIN_TOKEN, startTestWeb } from "@/server/test/web";

test("answers errors while the database is down, and continues afterwards", async () => {
  await using database = await createTestDatabase();
  await using proxy = await startDatabaseProxy(database.url);
  await using web = await startTestWeb({ url: proxy.url });
  await using behind = testContext(database);
  const run = await makeRun(behind.database.db);
  const event = { type: "warning" as const, payload: {} };
  await using reader = await openSse(`${web.url}/api/v1/runs/${run.id}/events/watch`, {
    authorization: `Bearer ${ADMIN_TOKEN}`,
  });
  // A reader whose first query fails is told to come back later; this one is past that.
  await appendEvents({ ...behind, actor: ADMIN }, { runId: run.id, events: [event] });
  await reader.until((seen) => seen.length === 1);
  expect(await web.call("GET", "/readyz", { token: null })).toMatchObject({
    status: 200,
    body: { ready: true, reachable: true, migrationReady: true },
  });

  await using tab = await openSse(`${web.url}/api/live?sessions=1`, { authorization: `Bearer ${ADMIN_TOKEN}` });
  await expect.poll(() => web.wiring.live.isListening, { timeout: 10_000 }).toBe(true);

  proxy.cut();

  await tab.until((seen) => seen.at(-1)?.event === "database");
  expect(tab.frames.at(-1)?.data, "an open tab is told that what it shows grows old").toEqual({ isAway: true });
  expect(await web.call("GET", "/readyz", { token: null })).toMatchObject({
    status: 503,
    body: {
      ready: false,
      reachable: false,
      failureKind: "infra-failed",
      credentialValuesPrinted: false,
      message: expect.any(String),
    },
  });
  expect((await web.call("GET", "/healthz", { token: null })).status).toBe(200);
  expect(await web.call("GET", "/api/v1/health", { token: null })).toMatchObject({
    status: 200,
    body: { reachable: false },
  });
  for (const path of ["/api/v1/runs", `/api/v1/runs/${run.id}`]) {
    expect(await web.call("GET", path)).toMatchObject({
      status: 503,
      body: { error: { failureKind: "infra-failed", reason: "database-down" } },
    });
  }
  const unknown = `aro_${"x".repeat(43)}`;
  expect((await web.call("GET", "/api/v1/me", { token: unknown })).status).toBe(503);
  expect((await web.call("GET", "/metrics")).body).toContain("agentrun_database_up 0");
  // Written by another process while this server sees nothing.
  await appendEvents({ ...behind, actor: ADMIN }, { runId: run.id, events: [event, event] });
  proxy.restore();

  await expect.poll(async () => (await web.call("GET", "/readyz")).status).toBe(200);
  await expect.poll(() => web.wiring.live.isListening, { timeout: 10_000 }).toBe(true);
  await tab.until((seen) =>
    seen.some(({ event, data }) => event === "database" && !(data as { isAway: boolean }).isAway),
  );
  const frames = await reader.until((seen) => seen.length === 3);
  expect(frames.map(({ data }) => (data as RunEvent).seq)).toEqual([1, 2, 3]);
  expect((await web.call("POST", `/api/v1/runs/${run.id}/events`, { body: { events: [event] } })).status).toBe(200);
});

test("a database host that disappears silently delays nobody once another answers at its address", async () => {
  await using database = await createTestDatabase();
  await using proxy = await startDatabaseProxy(database.url);
  await using web = await startTestWeb({ url: proxy.url });
  const lookAndWrite = async () => {
    const look = await web.call("GET", "/api/v1/runs");
    const write = await web.call("POST", "/api/v1/runs", { body: { backendProfile: "demo" } });
    return [look.status, write.status];
  };
  expect(await Promise.all(Array.from({ length: 8 }, lookAndWrite))).toEqual(
    Array.from({ length: 8 }, () => [200, 200]),
  );

  proxy.silence();
  const underWay = Promise.all(Array.from({ length: 8 }, lookAndWrite));
  proxy.restore();
  // Whoever asks at that moment gets an error in time; then everything works as before.
  expect((await underWay).flat().every((status) => status === 200 || status === 503)).toBe(true);
  await expect.poll(lookAndWrite, { timeout: 30_000 }).toEqual([200, 200]);
}, 90_000);

test("refuses a database connection that loses notifications", async () => {
  await using database = await createTestDatabase();
  await using proxy = await startDatabaseProxy(database.url, { losesNotifications: true });
  await expect(assertListenWorks(database.url)).resolves.toBeUndefined();
  await expect(assertListenWorks(proxy.url)).rejects.toThrow("DATABASE_URL");
});

test("accepts a database connection that is only slow", async () => {
  await using database = await createTestDatabase();
  await using proxy = await startDatabaseProxy(database.url, { delayMs: 2_000 });
  await expect(assertListenWorks(proxy.url)).resolves.toBeUndefined();
}, 60_000);

test("a console that asks for another page is told to wait while the database is down, and all others get the page", async () => {
  await using database = await createTestDatabase();
  await using proxy = await startDatabaseProxy(database.url);
  await using web = await startTestWeb({ url: proxy.url }, { pages: async (_req, res) => void res.end('"page"') });
  const ask = async (target: string, headers: Record<string, string> = {}) =>
    (await web.call("GET", target, { headers })).status;
  expect(await ask("/backends", { rsc: "1" })).toBe(200);

  proxy.cut();
  await expect.poll(() => ask("/backends", { rsc: "1" })).toBe(503);
  expect(await ask("/backends", { rsc: "1", "next-router-prefetch": "1" }), "nobody waits for it").toBe(200);
  expect(await ask("/backends"), "a page that is loaded says itself what is away").toBe(200);
  expect(await ask("/status", { rsc: "1" }), "which part is away").toBe(200);

  proxy.restore();
  await expect.poll(() => ask("/backends", { rsc: "1" })).toBe(200);
});
