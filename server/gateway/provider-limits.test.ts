import { pino } from "pino";
import { expect, onTestFinished, test, vi } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { clearLimit, listBackends, noteLimit } from "@/server/backends";
import { ADMIN } from "@/server/test/context";
import { startTestWeb } from "@/server/test/web";
import { boundsOf } from "./bounds";
import { askProvider } from "./provider";
import { ProviderLimits } from "./provider-limits";
import { recordAnswer } from "./record-answer";
import { startProvider, streamCompleted } from "./test/gateway";

const log = pino({ level: "silent" });

test("an accepted request clears only limits reported before it was sent", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const { db } = web.wiring.database;
  const limits = new ProviderLimits({ db, log, wake: () => undefined });
  const healthOf = async () =>
    (await listBackends(web.as(ADMIN))).items.find(({ profile }) => profile === "codex")?.health;
  const startMs = Date.now();
  vi.useFakeTimers({ toFake: ["Date"], now: startMs });
  onTestFinished(() => void vi.useRealTimers());
  const limit = { until: new Date(startMs + 600_000), message: "You are out." };

  limits.note("codex", limit);
  await expect.poll(healthOf).toMatchObject({ status: "limited", message: "You are out." });
  vi.setSystemTime(startMs + 10_000);
  // The limit is known already, and continues to hold.
  limits.note("codex", limit);
  const update = vi.spyOn(db, "update");
  for (const sentAfterMs of [-1, 5_000]) limits.clear("codex", startMs + sentAfterMs);
  expect(update).not.toHaveBeenCalled();
  limits.clear("codex", startMs + 11_000);
  await expect.poll(healthOf).toEqual({ status: "registered" });
});

test("a limit and an accepted request reach the database in the order in which they were learnt", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const { db } = web.wiring.database;
  const healthOf = async () =>
    (await listBackends(web.as(ADMIN))).items.find(({ profile }) => profile === "codex")?.health;
  const until = () => new Date(Date.now() + 600_000);
  const gate = await database.connect();
  await gate.query(`create function wait() returns trigger language plpgsql as $$ begin
      perform pg_advisory_xact_lock(4711); return new; end $$;
    create trigger wait before insert on agentrun_backends for each row execute function wait();
    select pg_advisory_lock(4711)`);
  let writes = 0;
  const wake = () => {
    writes += 1;
  };
  const limits = new ProviderLimits({ db, log, wake });
  limits.note("codex", { until: until(), message: "You are out." });
  await expect
    .poll(async () => (await gate.query("select from pg_stat_activity where wait_event = 'advisory'")).rowCount)
    .toBe(1);
  // The limit is being written, and what clears it would overtake it.
  limits.clear("codex", Date.now());
  await gate.query("select pg_advisory_unlock(4711)");
  await expect.poll(() => writes).toBe(2);
  expect(await healthOf()).toEqual({ status: "registered" });

  // What another process noted is cleared only by a request that was sent after it.
  await noteLimit(db, "codex", { until: until(), message: "You are out." });
  expect(await clearLimit(db, "codex", 60_000)).toBe(false);
  expect(await healthOf()).toMatchObject({ status: "limited" });
  await noteLimit(db, "codex", { until: new Date(Date.now() + 1_000), message: "Still." });
  expect(await healthOf()).toMatchObject({ status: "limited", message: "You are out." });
  expect(await clearLimit(db, "codex", 0)).toBe(true);
  expect(await healthOf()).toEqual({ status: "registered" });
});

test("reports an accepted request with the time at which it was sent", async () => {
  let arrivedAtMs = 0;
  let answer: () => void = () => undefined;
  await using provider = await startProvider((res) => {
    arrivedAtMs = Date.now();
    answer = () => streamCompleted(res);
  });
  const onTaken = vi.fn<(sentAtMs: number) => void>();
  const bounds = boundsOf({ model: "m1", baseUrl: provider.url, wire: "responses" });
  const { signal } = new AbortController();
  const asked = recordAnswer({ noteFirstByte: () => undefined, end: () => undefined }, signal, () =>
    askProvider(
      {
        profile: "codex",
        baseUrl: provider.url,
        key: null,
        log,
        bounds,
        onLimited: () => undefined,
        onAccepted: onTaken,
      },
      {
        ...{ profile: "codex", resource: "responses", method: "POST", token: null, body: "{}" },
        ...{ headers: new Headers(), signal },
      },
    ),
  );
  await expect.poll(() => arrivedAtMs).toBeGreaterThan(0);
  await expect.poll(() => Date.now()).toBeGreaterThan(arrivedAtMs);
  answer();
  for await (const _chunk of (await asked).body);
  expect(onTaken).toHaveBeenCalledTimes(1);
  expect(onTaken.mock.calls[0]?.[0]).toBeLessThanOrEqual(arrivedAtMs);
});
