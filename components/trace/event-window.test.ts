import { expect, test } from "vitest";
import type { EventPage, RunEvent } from "@/contract/event";
import { EventWindow, WINDOW_EVENTS_MAX } from "./event-window";

const event = (seq: number): RunEvent => ({
  ...{ id: `evt_${seq}`, runId: "run_1", seq, type: "warning", payload: {}, createdAt: "2026-11-22T10:00:00.000Z" },
});

function setUp(target: number, count = 100_000) {
  const requestedRanges: [number, number][] = [];
  const state = { isDown: false };
  const fetchPage = async (afterSeq: number, limit: number): Promise<EventPage> => {
    requestedRanges.push([afterSeq, limit]);
    if (state.isDown) throw new Error("down");
    const length = Math.max(0, Math.min(limit, count - afterSeq));
    return {
      items: Array.from({ length }, (_, index) => event(afterSeq + index + 1)),
      cursor: null,
      lastSeq: count,
    };
  };
  return { requestedRanges, state, window: new EventWindow(target, fetchPage) };
}

const rangeOf = (window: EventWindow) => {
  const seqs = window.getSnapshot().events.map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, index) => (seqs[0] ?? 0) + index));
  return [seqs[0], seqs.at(-1)];
};

test("opens an event far from the end with one request, with its surroundings", async () => {
  const { window, requestedRanges } = setUp(50_000);
  expect([window.holds(50_000), window.holds(50_001)]).toEqual([true, false]);
  await window.load();
  expect(requestedRanges).toHaveLength(1);
  expect(rangeOf(window)).toEqual([49_750, 50_249]);
  expect([window.holds(49_750), window.holds(50_249), window.holds(49_749), window.holds(50_250)]).toEqual([
    ...[true, true, false, false],
  ]);
});

test("grows in both directions without gaps, up to the log's ends and its maximum", async () => {
  const { window } = setUp(600);
  await window.load();
  await window.loadEarlier();
  expect(rangeOf(window)).toEqual([1, 849]);
  await window.loadEarlier();
  expect(rangeOf(window)).toEqual([1, 849]);
  for (let page = 0; page < 10; page += 1) await window.loadLater();
  expect(rangeOf(window)).toEqual([5_850 - WINDOW_EVENTS_MAX, 5_849]);
  for (let page = 0; page < 10; page += 1) await window.loadEarlier();
  expect(rangeOf(window)).toEqual([1, WINDOW_EVENTS_MAX]);
  const short = setUp(3, 5).window;
  await short.load();
  expect(rangeOf(short)).toEqual([1, 5]);
});

test("shows a failed load, and retries the same request", async () => {
  const { window, state } = setUp(50_000);
  state.isDown = true;
  await window.load();
  expect(window.getSnapshot()).toMatchObject({ state: "loading", error: { message: "down" } });
  state.isDown = false;
  await window.retry();
  expect(window.getSnapshot()).toMatchObject({ state: "ready", error: null });
  state.isDown = true;
  await window.loadEarlier();
  expect(window.getSnapshot().error).not.toBeNull();
  state.isDown = false;
  await window.retry();
  expect(rangeOf(window)).toEqual([49_250, 50_249]);
});
