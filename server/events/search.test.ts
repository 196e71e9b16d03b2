import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { EVENT_EXCERPT_MAX, type FoundEventPage, SearchEventsInput } from "@/contract/event";
import { isFailedEvent } from "@/contract/failed-event";
import { createTestDatabase } from "@/db/test/database";
import { makeRun } from "@/db/test/factories";
import type { ServiceContext } from "@/server/context";
import { testContext } from "@/server/test/context";
import { rowsRead } from "@/server/test/rows-read";
import { searchEvents } from ".";
import { SEARCH_SPAN } from "./search";

type Given = { type: string; payload: Record<string, unknown> };

/** Makes a run with a log like that of a long-lived run. */
async function makeLog(ctx: ServiceContext, events: Given[]): Promise<string> {
  const { id } = await makeRun(ctx.db);
  await ctx.db.execute(sql`
    insert into agentrun_events (id, run_id, seq, type, payload)
    select ${id} || '_' || seq, ${id}, seq, one->>'type', one->'payload'
    from jsonb_array_elements(${JSON.stringify(events)}::jsonb) with ordinality given (one, seq)
    on conflict do nothing`);
  await ctx.db.execute(sql`update agentrun_runs set last_event_seq = ${events.length} where id = ${id}`);
  return id;
}

const say = (text: string): Given => ({ type: "assistant_message", payload: { text } });

async function pagesOf(ctx: ServiceContext, input: Record<string, unknown>): Promise<FoundEventPage[]> {
  const pages: FoundEventPage[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await searchEvents(ctx, SearchEventsInput.parse({ ...input, cursor }));
    pages.push(page);
    if (page.cursor === null) return pages;
    cursor = page.cursor;
  }
}
const seqsOf = (pages: FoundEventPage[]) => pages.flatMap(({ items }) => items.map(({ seq }) => seq));

test("searches a long log to its first event, in bounded pages without overlap", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const hits = [3, 4_000, 9_999, 12_000];
  const log = Array.from({ length: 12_345 }, (_, index) => say(hits.includes(index + 1) ? "the Needle" : "hay"));
  const runId = await makeLog(ctx, log);
  const back = await pagesOf(ctx, { runId, text: "needle" });
  expect(seqsOf(back)).toEqual(hits.toReversed());
  expect(back.map(({ searched }) => searched)).toEqual([
    { firstSeq: 12_345 - SEARCH_SPAN + 1, lastSeq: 12_345 },
    { firstSeq: 12_345 - 2 * SEARCH_SPAN + 1, lastSeq: 12_345 - SEARCH_SPAN },
    { firstSeq: 1, lastSeq: 12_345 - 2 * SEARCH_SPAN },
  ]);
  expect(seqsOf(await pagesOf(ctx, { runId, text: "needle", order: "oldest" }))).toEqual(hits);
  expect(seqsOf(await pagesOf(ctx, { runId, text: "needle", order: "oldest", fromSeq: 4_001 }))).toEqual([
    9_999, 12_000,
  ]);
  expect(seqsOf(await pagesOf(ctx, { runId, text: "needle", fromSeq: 9_999, limit: 1 }))).toEqual([9_999, 4_000, 3]);
  const looked = (input: Record<string, unknown>) =>
    rowsRead(ctx, "agentrun_events", (ctx) => searchEvents(ctx, SearchEventsInput.parse({ runId, ...input })));
  expect(await looked({ text: "nowhere" })).toBeLessThanOrEqual(2 * SEARCH_SPAN + 10);
});

test("reads large payloads in smaller parts, however they are stored", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  // Text that does not compress: 40 of these are more than one page may read.
  const noise = (seed: number) =>
    Array.from({ length: 25_000 }, (_, index) => ((index * 7_919 + seed * 104_729) ** 2 % 999_983).toString(36)).join(
      "",
    );
  const runId = await makeLog(
    ctx,
    Array.from({ length: 100 }, (_, index) => say(`${noise(index)} part-${index + 1}.`)),
  );
  const pages = await pagesOf(ctx, { runId, text: "part-7." });
  expect(seqsOf(pages)).toEqual([7]);
  expect(pages.length).toBeGreaterThan(1);
  expect(pages[0]?.items).toEqual([]);
});

test("finds text regardless of case and special characters, also by type and id, with an excerpt", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const long = `${"x".repeat(500)} he said "100 %_done"\n\tÄRGER ${"y".repeat(500)}`;
  const runId = await makeLog(ctx, [say("100 percent done"), say(long), { type: "warning", payload: {} }]);
  const find = async (text: string) => seqsOf(await pagesOf(ctx, { runId, text }));
  expect(await find('"100 %_DONE"\n')).toEqual([2]);
  expect(await find("ärger")).toEqual([2]);
  expect(await find("100%")).toEqual([]);
  expect(await find("WARNING")).toEqual([3]);
  expect(await find(`${runId}_1`)).toEqual([1]);
  const [found] = (await pagesOf(ctx, { runId, text: "ärger" })).flatMap(({ items }) => items);
  expect(found?.excerpt).toContain("ÄRGER");
  expect(found?.excerpt.length).toBeLessThanOrEqual(EVENT_EXCERPT_MAX);
});

test("the failure filter matches the events that the single-event view marks as failed", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const values = [
    "failed",
    "error",
    "cut off",
    "completed",
    "lease-expired",
    0,
    1,
    -0.5,
    true,
    false,
    null,
    {},
    ["failed"],
  ];
  const names = ["status", "terminalStatus", "state", "phase", "exitCode", "isError"];
  const log: Given[] = [
    { type: "error", payload: {} },
    ...values.flatMap((value) => names.map((name) => ({ type: "odd", payload: { [name]: value } }))),
    ...values.map((value) => ({ type: "odd", payload: { status: value, terminalStatus: "failed" } })),
  ];
  const runId = await makeLog(ctx, log);
  const expected = log.flatMap((event, index) => (isFailedEvent(event) ? [index + 1] : []));
  expect(expected.length).toBeGreaterThan(10);
  expect(seqsOf(await pagesOf(ctx, { runId, isFailed: true, order: "oldest" }))).toEqual(expected);
  const all = (await pagesOf(ctx, { runId })).flatMap(({ items }) => items);
  expect(
    all
      .filter(({ isFailed }) => isFailed)
      .map(({ seq }) => seq)
      .toReversed(),
  ).toEqual(expected);
});

test("filters by type and time range, and a cursor is bound to its filter", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const runId = await makeLog(ctx, [say("a"), { type: "warning", payload: {} }, { type: "odd", payload: {} }]);
  await ctx.db.execute(sql`update agentrun_events set created_at = '2026-11-22T10:00:00Z'::timestamptz + seq * interval '1 second'
    where run_id = ${runId}`);
  const find = async (input: Record<string, unknown>) => seqsOf(await pagesOf(ctx, { runId, ...input }));
  expect(await find({ types: "warning,odd" })).toEqual([3, 2]);
  expect(await find({ withoutTypes: "warning,odd" })).toEqual([1]);
  expect(await find({ since: "2026-11-22T10:00:02Z", until: "2026-11-22T10:00:03Z" })).toEqual([3, 2]);
  const { cursor } = await searchEvents(ctx, SearchEventsInput.parse({ runId, limit: 1 }));
  const other = SearchEventsInput.parse({ runId, limit: 1, text: "a", cursor });
  await expect(searchEvents(ctx, other)).rejects.toMatchObject({ reason: "invalid-cursor" });
  expect(() => SearchEventsInput.parse({ runId, types: "a,,b" })).toThrow();
});
