import { expect, test } from "vitest";
import type { TimelinePage } from "@/contract/timeline";
import { RunTimeline } from "./run-timeline";

const at = (second: number) => new Date(Date.UTC(2026, 10, 22, 10, 0, second)).toISOString();

/** A run whose every event is a span of its own, the last of which is under way until the run is over. */
function setUp(count: number, perPage = 3) {
  const state = { count, isOver: false, isDown: false };
  const requestedCursors: (string | null)[] = [];
  let later: (() => void) | undefined;
  const timeline = new RunTimeline("run_1", {
    schedule: (run) => {
      later = run;
    },
    fetchPage: async (_runId, cursor): Promise<TimelinePage> => {
      requestedCursors.push(cursor);
      if (state.isDown) throw new Error("down");
      const from = Number(cursor ?? 0);
      const readSeq = Math.min(from + perPage, state.count);
      const isEnd = readSeq === state.count;
      const spans = Array.from({ length: readSeq - Math.max(from - 1, 0) }, (_, index) => {
        const seq = Math.max(from, 1) + index;
        const isOpen = seq === readSeq && !(isEnd && state.isOver);
        return {
          ...{ key: `command:${seq}`, lane: "tools" as const, kind: "command" as const, label: "", count: 1 },
          ...{ state: isOpen ? "running" : "completed", startedAt: at(seq), endedAt: isOpen ? null : at(seq + 1) },
          ...{ startSeq: seq, endSeq: isOpen ? null : seq },
        };
      });
      return {
        ...{ runId: "run_1", status: "claimed", startedAt: at(0), endedAt: state.isOver ? at(60) : null, spans },
        ...{ stretches: [], readAt: at(readSeq), readSeq, lastSeq: state.count },
        totals: { runner: 0, start: 0, work: 0, person: 0, silence: 0, idle: 0 },
        cursor: isEnd && state.isOver ? null : String(readSeq),
      };
    },
  });
  return { state, requestedCursors, timeline, runLater: () => later?.() };
}

test("reads a long run page by page, and a span that ended later has its end", async () => {
  const { timeline, requestedCursors } = setUp(8);
  await timeline.read();
  expect(requestedCursors).toEqual([null, "3", "6"]);
  const { spans, state } = timeline.getSnapshot();
  expect(state).toBe("ready");
  expect(spans.map((span) => span.key)).toEqual(Array.from({ length: 8 }, (_, index) => `command:${index + 1}`));
  expect(spans.filter((span) => span.endedAt === null).map((span) => span.key)).toEqual(["command:8"]);
});

test("a burst of stream notices causes one read, and none after the end", async () => {
  const { timeline, requestedCursors, state, runLater } = setUp(2);
  await timeline.read();
  state.count = 4;
  state.isOver = true;
  timeline.noteSeq(3);
  timeline.noteSeq(4);
  runLater();
  await timeline.read();
  expect(requestedCursors).toEqual([null, "2"]);
  expect(timeline.getSnapshot()).toMatchObject({ readSeq: 4, endMs: Date.parse(at(60)) });
  timeline.noteSeq(99);
  await timeline.read();
  expect(requestedCursors).toHaveLength(2);
});

test("an event announced before it can be read causes no endless requests", async () => {
  const { timeline, requestedCursors } = setUp(2);
  timeline.noteSeq(50);
  await timeline.read();
  expect(requestedCursors.length).toBeLessThan(4);
});

test("a failure is shown, keeps the data, and can be retried", async () => {
  const { timeline, state } = setUp(2);
  state.isDown = true;
  await timeline.read();
  expect(timeline.getSnapshot()).toMatchObject({ state: "failed", error: new Error("down") });
  state.isDown = false;
  await timeline.read();
  expect(timeline.getSnapshot()).toMatchObject({ state: "ready", error: null });
  state.isDown = true;
  await timeline.read();
  expect(timeline.getSnapshot()).toMatchObject({ state: "ready", error: new Error("down") });
  expect(timeline.getSnapshot().spans).toHaveLength(2);
});

test("reads an end announced during a read", async () => {
  const { timeline, requestedCursors, state } = setUp(2);
  const first = timeline.read();
  // The page under way was answered before this.
  await Promise.resolve();
  state.isOver = true;
  await Promise.all([first, timeline.read()]);
  expect(timeline.getSnapshot().endMs).not.toBeNull();
  expect(requestedCursors.length).toBeLessThanOrEqual(2);
});
