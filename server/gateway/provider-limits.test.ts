import { pino } from "pino";
import { expect, onTestFinished, test, vi } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { listBackends } from "@/server/backends";
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
