import { expect, test } from "vitest";
import type { FoundEvent, FoundEventPage, RunEvent } from "@/contract/event";
import { exportEvents, searchPages } from "./search-pages";

const found = (seq: number): FoundEvent => ({
  ...{ id: `evt_${seq}`, seq, type: "warning", createdAt: "x", isFailed: false, excerpt: "" },
});
const page = (cursor: string | null, ...items: FoundEvent[]): FoundEventPage => ({
  ...{ items, cursor, searched: null, lastSeq: 9 },
});

/** Pages by the cursor that leads to them. */
async function search(pages: Record<string, FoundEventPage>, stopAfter = Number.POSITIVE_INFINITY) {
  const stop = new AbortController();
  const requestedCursors: string[] = [];
  const answer = await searchPages(
    async (cursor = "first") => {
      requestedCursors.push(cursor);
      if (requestedCursors.length > stopAfter) stop.abort();
      return pages[cursor] ?? page(null);
    },
    { signal: stop.signal, onPage: () => {} },
  );
  return { requestedCursors, found: answer?.items.map(({ seq }) => seq) ?? null };
}

test("searches until something is found or nothing is left", async () => {
  expect(await search({ first: page("a"), a: page("b"), b: page("c", found(4)), c: page(null) })).toEqual({
    requestedCursors: ["first", "a", "b"],
    found: [4],
  });
  expect(await search({ first: page("a"), a: page(null) })).toEqual({ requestedCursors: ["first", "a"], found: [] });
  expect(await search({ first: page("a"), a: page("b"), b: page("c") }, 1)).toEqual({
    requestedCursors: ["first", "a"],
    found: null,
  });
});

test("a download contains the whole log, page by page, including later events", async () => {
  let stored = 1_234;
  const fetchPage = async (afterSeq: number, limit: number) => {
    if (afterSeq > 0) stored = 1_300;
    const length = Math.max(0, Math.min(limit, stored - afterSeq));
    const items = Array.from({ length }, (_, index): RunEvent => {
      const seq = afterSeq + index + 1;
      return { id: `e${seq}`, runId: "r", seq, type: seq % 2 ? "odd" : "even", payload: {}, createdAt: "x" };
    });
    return { items, cursor: null, lastSeq: stored };
  };
  const read: number[] = [];
  const options = { signal: new AbortController().signal, onProgress: (count: number) => void read.push(count) };
  const parts = await exportEvents(fetchPage, { ...options, matches: ({ type }) => type === "odd" });
  const seqs = (parts ?? [])
    .join("")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).seq);
  expect(seqs).toEqual(Array.from({ length: 650 }, (_, index) => 2 * index + 1));
  expect(read).toEqual([500, 1_000, 1_300]);
  expect(await exportEvents(fetchPage, { ...options, signal: AbortSignal.abort(), matches: () => true })).toBeNull();
});
