import path from "node:path";
import { eq, sql } from "drizzle-orm";
import { expect, test, vi } from "vitest";
import type { Db } from "@/db/client";
import { readFeedChanges, readTracePositions } from "@/db/queries/trace-feeds";
import { feedEpoch, runs, traceFeeds } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { makeRun } from "@/db/test/factories";
import type { ServiceContext } from "@/server/context";
import { noteLoops, readLoopStates } from "@/server/health";
import { cancelRun, createRun } from "@/server/runs";
import { testContext } from "@/server/test/context";
import { rowsRead } from "@/server/test/rows-read";
import { buildStormProgram } from "@/server/test/storm-program";
import { stopTraces, type TraceExporter, traceStanding } from ".";
import { spanIdOf } from "./ids";
import { answering, attributesOf, startCollector } from "./test/collector";
import { exporterTo } from "./test/exporters";
import type { StormJob } from "./test/storm-child";

type Collector = Awaited<ReturnType<typeof startCollector>>;

/** A run that has ended. */
async function end(ctx: ServiceContext): Promise<string> {
  const { id: runId } = await createRun(ctx, { backendProfile: "codex" });
  await cancelRun(ctx, { runId });
  return runId;
}
const runsIn = (collector: Collector) =>
  collector.spans().flatMap((span) => (span.name === "run" ? [attributesOf(span)["agentrun.run"]] : []));
/** Returns whether every transaction that began before a run's last change has ended. */
async function isBelowAll(ctx: ServiceContext, runId: string): Promise<boolean> {
  const { rows } = await ctx.db.execute<{ isBelow: boolean }>(sql`
    select change_xid < pg_snapshot_xmin(pg_current_snapshot()) as "isBelow" from agentrun_runs where id = ${runId}`);
  return rows[0]?.isBelow === true;
}

const placeOf = async (ctx: ServiceContext) =>
  (await ctx.db.select().from(traceFeeds).where(eq(traceFeeds.feed, "runs")))[0];
/** Other tests' transactions hold up a feed, so the test repeats passes until one sends what is expected. */
const passUntil = (exporter: TraceExporter, look: () => unknown) =>
  vi.waitFor(async () => {
    await exporter.pass().catch(() => undefined);
    await look();
  }, 10_000);

test("sends what ended since its start once, also what ends just then or a little later", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using collector = await startCollector();
  const past = await end(ctx);
  // A feed's place is below the oldest transaction that is open anywhere in the server, including those of other tests.
  await expect.poll(() => isBelowAll(ctx, past)).toBe(true);
  const { exporter, lines } = exporterTo(ctx, collector.url, {
    ...{ headers: { authorization: "Bearer hunter2" }, isCompressed: true },
    resource: { "service.name": "agentrun", "deployment.environment.name": "test" },
  });
  await exporter.pass();
  expect(await placeOf(ctx)).toMatchObject({ version: -1 });
  expect(collector.received).toEqual([]);
  const later = exporterTo(ctx, collector.url, { settleMs: 60_000 }).exporter;
  const [first, second] = [await end(ctx), await end(ctx)];
  await later.pass();
  expect(collector.received).toEqual([]);
  // Neither a run that is still open nor one that ended a moment ago is left out for good.
  const { id: open } = await createRun(ctx, { backendProfile: "codex" });
  await passUntil(exporter, () => expect(runsIn(collector)).toEqual([first, second]));
  await exporter.pass();
  expect(runsIn(collector)).toEqual([first, second]);
  await cancelRun(ctx, { runId: open });
  await passUntil(exporter, () => expect(runsIn(collector)).toEqual([first, second, open]));
  const [request] = collector.received;
  expect(request).toMatchObject({
    path: "/v1/traces",
    headers: { "content-encoding": "gzip", authorization: "Bearer hunter2" },
  });
  expect(attributesOf(request?.request.resourceSpans[0]?.resource ?? { attributes: [] })).toEqual({
    "service.name": "agentrun",
    "deployment.environment.name": "test",
  });
  expect(collector.faults).toEqual([]);
  expect(await traceStanding(ctx.db)).toMatchObject({ sent: 3, rejected: 0, givenUp: 0, behindSeconds: 0 });
  expect(lines).toEqual([]);
  // After a change to an ended run, its span is sent once more.
  await ctx.db.update(runs).set({ cancelRequestedAt: new Date() }).where(eq(runs.id, first));
  await passUntil(exporter, () => expect(runsIn(collector)).toEqual([first, second, open, first]));
  expect(new Set(collector.spans().map(({ spanId }) => spanId)).size).toBe(3);
});

test("an unreachable, overloaded, silent or dying collector causes delay but no lost span", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using collector = await startCollector();
  let nowMs = 0;
  const { exporter, lines } = exporterTo(ctx, collector.url, {
    ...{ timeoutMs: 100, headers: { authorization: "Bearer hunter2" }, monotonicMs: () => nowMs },
  });
  await exporter.pass();
  const runId = await end(ctx);
  await passUntil(exporter, () => expect(runsIn(collector)).toEqual([runId]));
  const place = await placeOf(ctx);
  const lost = await end(ctx);
  await vi.waitFor(async () => expect((await traceStanding(ctx.db)).behindSeconds).toBeGreaterThan(0));

  const ways: [string, Parameters<Collector["answerBy"]>[0]][] = [
    ["it answered 503", answering(503)],
    ["it answered 502", answering(502)],
    ["it answered 504", answering(504)],
    ["it did not answer within 100 ms", () => undefined],
    ["it did not answer: ECONNRESET", (_, response) => response.destroy()],
    [
      "its answer broke off",
      (_, response) => response.writeHead(200, { "content-length": 50 }).write("{", () => response.destroy()),
    ],
  ];
  const said: string[] = [];
  for (const [why, answer] of ways) {
    collector.answerBy(answer);
    const before = collector.received.length;
    const failure = await vi.waitFor(async () => {
      const failed = await exporter.pass().then(
        () => null,
        (error: Error) => error.message,
      );
      expect(collector.received.length).toBeGreaterThan(before);
      return failed ?? "nothing failed";
    });
    expect(failure).toContain(why);
    said.push(failure);
  }
  collector.answerBy(answering(429, { "retry-after": "120" }));
  await expect(exporter.pass()).rejects.toThrow("it answered 429");
  collector.take();
  const { length: asked } = collector.received;
  nowMs += 119_000;
  await expect(exporter.pass()).rejects.toThrow("it answered 429");
  expect(collector.received).toHaveLength(asked);
  expect(await placeOf(ctx)).toEqual(place);
  nowMs += 1_000;
  await exporter.pass();
  expect(runsIn(collector).at(-1)).toBe(lost);
  // All of these were tries of the same span.
  expect(new Set(collector.spans().map(({ spanId }) => spanId)).size).toBe(2);
  expect(await traceStanding(ctx.db)).toMatchObject({ sent: 2, rejected: 0, givenUp: 0, behindSeconds: 0 });

  await collector[Symbol.asyncDispose]();
  const after = await end(ctx);
  await vi.waitFor(async () => await expect(exporter.pass()).rejects.toThrow("it did not answer: ECONNREFUSED"));
  expect(runsIn(collector)).not.toContain(after);
  expect([...said, ...lines].join()).not.toContain("hunter2");
});

test("a pass reads only what changed since the last one", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using collector = await startCollector();
  await ctx.db.execute(sql`
    insert into agentrun_runs (id, tenant_id, project_id, workspace_ref, provider_id, backend_profile, execution_policy, status)
    select 'run_' || n, 'default', 'default', '{}', 'p', 'demo', '{}', 'completed' from generate_series(1, 3000) n`);
  await ctx.db.execute(sql`analyze agentrun_runs`);
  const { exporter } = exporterTo(ctx, collector.url);
  await passUntil(exporter, async () => {
    const { rows } = await ctx.db.execute(sql`select 1 from agentrun_trace_feeds known, agentrun_runs run
      where feed = 'runs' and id = 'run_1' and (xid, known.version) > (change_xid, run.version)`);
    expect(rows).toHaveLength(1);
  });
  const runId = await end(ctx);
  const read = async () => {
    let rows = 0;
    const [place] = (await readTracePositions(ctx.db)).filter(({ feed }) => feed === "runs");
    if (place === undefined) throw new Error("there is no place");
    rows += await rowsRead(ctx, "agentrun_runs", (ctx) => readFeedChanges(ctx.db, place, { settleMs: 0, limit: 200 }));
    return rows + (await rowsRead(ctx, "agentrun_runs", (ctx) => traceStanding(ctx.db)));
  };
  expect(await read()).toBeLessThan(20);
  await passUntil(exporter, () => expect(runsIn(collector)).toEqual([runId]));
  expect(await read()).toBeLessThan(20);
});

test("gives up, counts and reports once what a collector rejects, and continues", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using collector = await startCollector();
  const { exporter, lines } = exporterTo(ctx, collector.url.replace("//", "//me:hunter2@"));
  await exporter.pass();
  collector.answerBy(answering(401, { location: "/elsewhere" }));
  const refused = [await end(ctx), await end(ctx)];
  await passUntil(exporter, () => expect(runsIn(collector)).toEqual(refused));
  // Somebody must fix the cause before the collector accepts anything, and the loop says so.
  await expect(exporter.pass()).rejects.toThrow(/^the collector of traces at 127\.0\.0\.1:\d+: it answered 401$/);
  refused.push(await end(ctx));
  await passUntil(exporter, () => expect(runsIn(collector)).toEqual(refused));
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ level: 40, why: "it answered 401" }]);
  expect(await traceStanding(ctx.db)).toMatchObject({ sent: 0, rejected: 0, givenUp: 3 });

  collector.answerBy((_, response) =>
    response.end(JSON.stringify({ partialSuccess: { rejectedSpans: "1", errorMessage: "too old" } })),
  );
  for (let kept = 0; kept < 2; kept += 1) {
    const runId = await end(ctx);
    await passUntil(exporter, () => expect(runsIn(collector)).toContain(runId));
  }
  await exporter.pass();
  expect(lines.map((line) => JSON.parse(line)).slice(1)).toMatchObject([{ level: 40, why: "too old", rejected: 1 }]);
  expect(await traceStanding(ctx.db)).toMatchObject({ sent: 0, rejected: 2, givenUp: 3 });
  // An answer of 2xx means that it was accepted, whatever else it says.
  collector.answerBy((_, response) => response.end("thanks"));
  const last = await end(ctx);
  await passUntil(exporter, () => expect(runsIn(collector)).toContain(last));
  expect(await traceStanding(ctx.db)).toMatchObject({ sent: 1, rejected: 2, givenUp: 3 });
  expect(lines.join()).not.toContain("hunter2");
  const basic = `Basic ${Buffer.from("me:hunter2").toString("base64")}`;
  expect(new Set(collector.received.map(({ headers }) => headers.authorization))).toEqual(new Set([basic]));
});

test("with a rejecting collector a pass gives up one page, not everything", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using collector = await startCollector(answering(401));
  const { exporter } = exporterTo(ctx, collector.url);
  await exporter.pass();
  await ctx.db.execute(sql`
    insert into agentrun_runs (id, tenant_id, project_id, workspace_ref, provider_id, backend_profile, execution_policy, status)
    select 'run_' || n, 'default', 'default', '{}', 'p', 'demo', '{}', 'completed' from generate_series(1, 201) n`);
  await passUntil(exporter, () => expect(collector.received).toHaveLength(1));
  expect(await traceStanding(ctx.db)).toMatchObject({ givenUp: 200 });
  collector.take();
  await passUntil(exporter, () => expect(collector.received).toHaveLength(2));
  expect(await traceStanding(ctx.db)).toMatchObject({ sent: 1, givenUp: 200, behindSeconds: 0 });
  await exporter.pass();
});

test("unreadable rows delay later ones for a few passes, and are then given up", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using collector = await startCollector();
  const { exporter, lines } = exporterTo(ctx, collector.url);
  await exporter.pass();
  const before = await end(ctx);
  const broken = [
    await makeRun(ctx.db as Db, { status: "completed" }),
    await makeRun(ctx.db as Db, { status: "failed" }),
  ];
  // A moment that PostgreSQL can store but JavaScript cannot.
  for (const { id } of broken)
    await ctx.db.execute(sql`update agentrun_runs set created_at = '290000-01-01' where id = ${id}`);
  const after = await end(ctx);
  await passUntil(exporter, () => expect(runsIn(collector)).toContain(before));
  expect(runsIn(collector)).not.toContain(after);
  await passUntil(exporter, () => expect(runsIn(collector)).toContain(after));
  for (const { id } of broken) expect(runsIn(collector)).not.toContain(id);
  expect(lines.map((line) => JSON.parse(line))).toMatchObject(broken.map(({ id }) => ({ level: 50, id })));
  expect(await traceStanding(ctx.db)).toMatchObject({ sent: 2, givenUp: 2 });
});

test("a row dated in the future delays nothing", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using collector = await startCollector();
  const { exporter } = exporterTo(ctx, collector.url);
  await exporter.pass();
  const ahead = await end(ctx);
  await ctx.db.execute(sql`update agentrun_runs set updated_at = now() + interval '1 day' where id = ${ahead}`);
  expect((await traceStanding(ctx.db)).behindSeconds).toBeGreaterThanOrEqual(0);
  const after = await end(ctx);
  await passUntil(exporter, () => expect(runsIn(collector)).toContain(after));
});

test("a collector that echoes its credential leaks it into no log", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using collector = await startCollector();
  collector.answerBy((_, response) =>
    response.end(JSON.stringify({ partialSuccess: { rejectedSpans: 1, errorMessage: "Bearer hunter2key is no key" } })),
  );
  const { exporter, lines } = exporterTo(ctx, collector.url, { headers: { authorization: "Bearer hunter2key" } });
  await exporter.pass();
  await end(ctx);
  await passUntil(exporter, () => expect(lines).not.toEqual([]));
  expect(lines.join()).toContain("is no key");
  expect(lines.join()).not.toContain("hunter2key");
});

test("in a database restored elsewhere, and after a pause of exporting, it starts from now", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using collector = await startCollector();
  const { exporter } = exporterTo(ctx, collector.url);
  await exporter.pass();
  const before = await end(ctx);
  // Another test's transaction, older than this run's end, would have it count as after now.
  const isPast = async () => {
    const { rows } = await ctx.db.execute<{ isPast: boolean }>(
      sql`select change_xid < pg_snapshot_xmin(pg_current_snapshot()) as "isPast" from agentrun_runs where id = ${before}`,
    );
    return rows[0]?.isPast;
  };
  await expect.poll(isPast, { timeout: 20_000 }).toBe(true);
  // As in a restored dump: a place far beyond any that this database will reach, and rows older than all that follow.
  await ctx.db.update(traceFeeds).set({ xid: "999999999999" });
  await ctx.db.update(feedEpoch).set({ epoch: "another" });
  await exporter.pass();
  expect(await placeOf(ctx)).toMatchObject({ epoch: "another", version: -1 });
  const runId = await end(ctx);
  await passUntil(exporter, () => expect(runsIn(collector)).toContain(runId));

  await noteLoops(ctx, [
    {
      ...{ name: "traces", holder: "machine (1)", version: "1.0.0", intervalMs: 1_000, tookMs: 3 },
      ...{ failures: 9, failure: "it answered 401", passedAgoMs: 10, beganAgoMs: null },
    },
  ]);
  const shown = async () => (await readLoopStates(ctx)).loops.find(({ name }) => name === "traces");
  expect(await shown()).toMatchObject({ failure: "it answered 401" });
  await stopTraces(ctx);
  expect(await shown()).toBeUndefined();
  expect(await traceStanding(ctx.db)).toEqual({ sent: 0, rejected: 0, givenUp: 0, behindSeconds: 0 });
  const missed = await end(ctx);
  const told = collector.received.length;
  await exporter.pass();
  const { rows } = await ctx.db.execute<{ isPast: boolean }>(sql`select (xid, known.version) > (change_xid, run.version)
    as "isPast" from agentrun_trace_feeds known, agentrun_runs run where feed = 'runs' and id = ${missed}`);
  // It is sent what has just ended only if another test's transaction holds the feed back.
  if (rows[0]?.isPast) expect(collector.received).toHaveLength(told);
});

test("a worker that resumes after another continued does not move the position back", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using collector = await startCollector();
  const { exporter: slow } = exporterTo(ctx, collector.url);
  await slow.pass();
  const first = await end(ctx);
  let thaw = () => {};
  const asked = new Promise<void>((resolve) => {
    collector.answerBy((_, response) => {
      thaw = () => response.end("{}");
      resolve();
    });
  });
  let frozen: Promise<void> = Promise.resolve();
  await vi.waitFor(async () => {
    frozen = slow.pass();
    await Promise.race([frozen, asked]);
    expect(runsIn(collector)).toEqual([first]);
  });
  collector.take();
  const { exporter: next } = exporterTo(ctx, collector.url);
  const second = await end(ctx);
  await passUntil(next, () => expect(runsIn(collector)).toContain(second));
  const place = await placeOf(ctx);
  thaw();
  await frozen;
  expect(await placeOf(ctx)).toEqual(place);
});

test("closing abandons the request under way without logging", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await using collector = await startCollector();
  const { exporter, lines } = exporterTo(ctx, collector.url);
  await exporter.pass();
  const place = await placeOf(ctx);
  await end(ctx);
  collector.answerBy(() => exporter.close());
  await vi.waitFor(async () => {
    await exporter.pass();
    expect(collector.received).toHaveLength(1);
  });
  expect(await placeOf(ctx)).toEqual(place);
  expect(lines).toEqual([]);
});

test("killed at any time, with faulty collectors, it sends every run, each as one span", {
  timeout: 60_000,
}, async () => {
  await using program = await buildStormProgram<StormJob>(path.resolve(import.meta.dirname, "test/storm-child.ts"));
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const taken = new Map<string, Set<string>>();
  let silences = 0;
  await using collector = await startCollector(({ spans }, response) => {
    const chance = Math.random();
    if (chance < 0.2) return response.destroy();
    if (chance < 0.3) return response.writeHead(503).end();
    for (const span of spans) {
      const runId = String(attributesOf(span)["agentrun.run"]);
      taken.set(runId, (taken.get(runId) ?? new Set()).add(span.spanId));
    }
    // Accepted without an answer: the sender is killed meanwhile.
    if (chance < 0.6) {
      silences += 1;
      return undefined;
    }
    return response.end("{}");
  });
  const { exporter } = exporterTo(ctx, collector.url);
  await exporter.pass();
  const ended: string[] = [];
  const job = { databaseUrl: database.url, url: collector.url };
  for (let kills = 0; kills < 3; kills += 1) {
    const children = [program.start(job), program.start(job)];
    const before = silences;
    await vi.waitFor(
      async () => {
        ended.push(await end(ctx));
        expect(silences).toBeGreaterThan(before);
      },
      { timeout: 10_000, interval: 20 },
    );
    await Promise.all(children.map((child) => child.kill()));
  }
  collector.take();
  await passUntil(exporter, async () => expect((await traceStanding(ctx.db)).behindSeconds).toBe(0));
  for (const span of collector.spans()) taken.get(String(attributesOf(span)["agentrun.run"]))?.add(span.spanId);
  const told = new Set(runsIn(collector));
  expect(ended.filter((runId) => !told.has(runId))).toEqual([]);
  for (const [runId, ids] of taken) expect([...ids]).toEqual([spanIdOf("run", runId)]);
  expect(collector.faults).toEqual([]);
});
