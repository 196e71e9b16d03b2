import { expect, test } from "vitest";
import type { EventPage, RunEvent } from "@/contract/event";
import { KEPT_EVENTS_MAX, RunEventLog, WINDOW_EVENTS } from "./run-event-log";

const event = (seq: number, type = "warning", payload: Record<string, unknown> = { message: `m${seq}` }): RunEvent => ({
  id: `evt_${seq}`,
  runId: "run_1",
  seq,
  type,
  payload,
  createdAt: "2026-11-22T10:00:00.000Z",
});

function setUp(count: number) {
  const stored = Array.from({ length: count }, (_, index) => event(index + 1));
  const requestedSeqs: number[] = [];
  const fetchPage = async (afterSeq: number, limit: number): Promise<EventPage> => {
    requestedSeqs.push(afterSeq);
    const items = stored.filter((one) => one.seq > afterSeq).slice(0, limit);
    return { items, cursor: null, lastSeq: stored.length };
  };
  return { stored, requestedSeqs, log: new RunEventLog("run_1", { fetchPage, schedule: (run) => run() }) };
}
const seqs = (log: RunEventLog) => log.getSnapshot().events.map((one) => one.seq);

test("loads a long log from its end and grows backwards without gaps", async () => {
  const { log } = setUp(2_400);
  await log.load(2_400);
  expect(log.getSnapshot().events).toHaveLength(WINDOW_EVENTS);
  expect(log.getSnapshot().earlierCount).toBe(1_400);
  await log.loadEarlier();
  await log.loadEarlier();
  expect(seqs(log)).toEqual(Array.from({ length: 2_400 }, (_, index) => index + 1));
  expect(log.getSnapshot().earlierCount).toBe(0);
});

test("grows backwards to the event that a URL names", async () => {
  const { log } = setUp(2_400);
  await log.load(2_400);
  await log.loadEarlier(3);
  expect(seqs(log)).toEqual(Array.from({ length: 2_398 }, (_, index) => index + 3));
  expect(log.getSnapshot().earlierCount).toBe(2);
  await log.loadEarlier(2_000);
  expect(log.getSnapshot().earlierCount).toBe(2);
});

test("fetches what a stream skipped, and drops old events", async () => {
  const { log, stored } = setUp(3);
  await log.load(3);
  stored.push(event(4), event(5), event(6));
  log.push(event(6));
  expect(log.getSnapshot().missingCount).toBe(3);
  await log.catchUp();
  log.push(event(5));
  expect(seqs(log)).toEqual([1, 2, 3, 4, 5, 6]);
  expect(log.getSnapshot().missingCount).toBe(0);
});

test("keeps events that arrive during loading, without duplicates", async () => {
  const { log, stored } = setUp(2);
  const loading = log.load(2);
  stored.push(event(3));
  log.push(event(3));
  await loading;
  await log.catchUp();
  expect(seqs(log)).toEqual([1, 2, 3]);
});

test("a stored event replaces its live text, and late frames change nothing", async () => {
  const { log } = setUp(1);
  await log.load(1);
  const frame = { itemId: "a1", kind: "assistant_message" as const, text: "Hel" };
  log.pushLive([frame]);
  expect(log.getSnapshot().live.get("a1")?.text).toBe("Hel");
  log.push(event(2, "assistant_message", { itemId: "a1", text: "Hello" }));
  log.pushLive([frame]);
  expect(log.getSnapshot().live.size).toBe(0);
});

test("a failed fetch is shown and can be retried", async () => {
  let isDown = true;
  const log = new RunEventLog("run_1", {
    schedule: (run) => run(),
    fetchPage: async () => {
      if (isDown) throw new Error("down");
      return { items: [event(1)], cursor: null, lastSeq: 1 };
    },
  });
  await log.load(1);
  expect(log.getSnapshot().state).toBe("failed");
  isDown = false;
  await log.catchUp();
  expect(log.getSnapshot()).toMatchObject({ state: "ready", error: null });
});

test("keeps older pages although the oldest events were dropped or new ones came", async () => {
  const { log, stored } = setUp(KEPT_EVENTS_MAX);
  await log.load(KEPT_EVENTS_MAX);
  await log.loadEarlier(1_001);
  const loading = log.loadEarlier(501);
  for (let seq = KEPT_EVENTS_MAX + 1; seq <= KEPT_EVENTS_MAX + 1_001; seq += 1) {
    stored.push(event(seq));
    log.push(event(seq));
  }
  expect(log.getSnapshot().earlierCount, "the oldest went").toBe(KEPT_EVENTS_MAX + 1);
  await loading;
  expect(seqs(log)).toEqual(Array.from({ length: KEPT_EVENTS_MAX + 501 }, (_, index) => index + 501));

  await Promise.all([log.loadEarlier(201), log.loadEarlier(401), log.loadEarlier(1)]);
  expect(seqs(log)).toEqual(Array.from({ length: KEPT_EVENTS_MAX + 1_001 }, (_, index) => index + 1));
});

test("a failed older page is shown, holds nothing, and can be retried", async () => {
  let isDown = false;
  const stored = Array.from({ length: 2_400 }, (_, index) => event(index + 1));
  const log = new RunEventLog("run_1", {
    schedule: (run) => run(),
    fetchPage: async (afterSeq, limit) => {
      if (isDown && afterSeq >= 500 && afterSeq < 1_400) throw new Error("down");
      const items = stored.filter(({ seq }) => seq > afterSeq).slice(0, limit);
      return { items, cursor: null, lastSeq: stored.length };
    },
  });
  await log.load(2_400);
  isDown = true;
  await log.loadEarlier(1);
  expect(log.getSnapshot()).toMatchObject({ state: "ready", earlierCount: 1_400, error: { message: "down" } });
  await log.catchUp();
  expect(log.getSnapshot(), "its reader may try again").toMatchObject({ earlierCount: 1_400, error: null });
  await log.loadEarlier(1);
  expect(log.getSnapshot().error).not.toBeNull();
  isDown = false;
  await log.loadEarlier(1);
  expect(log.getSnapshot()).toMatchObject({ state: "ready", earlierCount: 0, error: null });
});

test("keeps the newest events of a long log, and fetches older ones again on request", async () => {
  const { log, stored } = setUp(10);
  await log.load(10);
  const grow = (to: number) => {
    for (let seq = stored.length + 1; seq <= to; seq += 1) {
      stored.push(event(seq));
      log.push(event(seq));
    }
  };
  grow(KEPT_EVENTS_MAX + 500);
  expect(log.getSnapshot().events.length).toBeLessThanOrEqual(KEPT_EVENTS_MAX);
  expect(log.getSnapshot().earlierCount + log.getSnapshot().events.length).toBe(KEPT_EVENTS_MAX + 500);
  await log.loadEarlier(1);
  expect(seqs(log)).toEqual(Array.from({ length: KEPT_EVENTS_MAX + 500 }, (_, index) => index + 1));

  let isAtEnd = false;
  const leave = log.addReader(() => isAtEnd);
  grow(KEPT_EVENTS_MAX + 1_500);
  expect(log.getSnapshot().earlierCount, "somebody reads further up").toBe(0);
  isAtEnd = true;
  grow(KEPT_EVENTS_MAX + 1_501);
  expect(log.getSnapshot().events).toHaveLength(WINDOW_EVENTS);
  expect(log.lastSeq).toBe(KEPT_EVENTS_MAX + 1_501);
  leave();
});
