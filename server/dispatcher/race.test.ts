import { expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import type { ServiceContext } from "@/server/context";
import { createTask, setControl } from "@/server/queue";
import { type TestContext, testContext } from "@/server/test/context";
import { dispatchTasks } from ".";
import { checkHistory } from "./test/check-history";
import { type Finding, readHistory, recordHistory } from "./test/history";
import { asDispatcher } from "./test/queue";

const DISPATCHERS = 8;
const LIMIT = 5;
/** What limits a lane, and the rule that the history names when the limit is exceeded. */
const BOUNDS = [
  ["limit", { maxRunning: LIMIT }],
  ["rate", { startsMax: LIMIT, startsWindowSeconds: 3_600 }],
] as const;
/** A race goes wrong only now and then; in so many rounds it certainly does. */
const ROUNDS_MAX = 20;

type Bound = (typeof BOUNDS)[number][1];
type Race = AsyncDisposable & { ctx: ServiceContext; round(): Promise<Finding[]> };

/** Opens dispatchers that start together, each with a pool of its own, over more tasks than a lane may run. */
async function openRace(database: TestDatabase, bound: Bound, url = database.url): Promise<Race> {
  const contexts: TestContext[] = Array.from({ length: DISPATCHERS }, () => testContext({ url }, { poolMax: 2 }));
  const [first] = contexts;
  if (!first) throw new Error("there are no dispatchers");
  const ctx = asDispatcher(first);
  const client = await database.connect();
  await recordHistory(client);
  let rounds = 0;
  return {
    ctx,
    async round() {
      rounds += 1;
      const lane = `lane-${rounds}`;
      await setControl(ctx, { queue: "default", lane, ...bound });
      for (let count = 0; count < 2 * LIMIT; count += 1)
        await createTask(ctx, { title: "t", backendProfile: "demo", payload: {}, lane });
      await Promise.all(contexts.map((made) => dispatchTasks(asDispatcher(made), { runnersMax: 10_000, batch: 2 })));
      return checkHistory(await readHistory(client));
    },
    async [Symbol.asyncDispose]() {
      for (const made of contexts) await made[Symbol.asyncDispose]();
    },
  };
}

test.each(BOUNDS)("concurrent dispatchers exceed no %s", async (_rule, bound) => {
  await using database = await createTestDatabase();
  await using race = await openRace(database, bound);
  for (let rounds = 0; rounds < 3; rounds += 1) expect(await race.round()).toEqual([]);
});

test.each(BOUNDS)("the history shows an exceeded %s when the dispatch lock is disabled", async (rule, bound) => {
  await using database = await createTestDatabase();
  const client = await database.connect();
  // A name that is looked up in `public` first finds this function instead of PostgreSQL's own.
  await client.query("create function public.pg_advisory_xact_lock(bigint) returns void language sql as ''");
  await using race = await openRace(
    database,
    bound,
    `${database.url}?options=${encodeURIComponent("-c search_path=public,pg_catalog")}`,
  );
  let findings: Finding[] = [];
  for (let rounds = 0; rounds < ROUNDS_MAX && findings.length === 0; rounds += 1) findings = await race.round();
  expect(findings.map(({ rule }) => rule)).toContain(rule);
});
