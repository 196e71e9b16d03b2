import { expect, test } from "vitest";
import { TIMELINE_SPANS_MAX, type TimelineSpan, type TimelineStretch } from "@/contract/timeline";
import type { TimelineStep } from "@/db/queries/events/read-timeline-steps";
import { decodeFold, encodeFold } from "@/server/pagination";
import { bundleSpans, bundleStretches } from "./bundle";
import { TimelineFold } from "./fold";
import type { Launch } from "./spans";
import { FoldState, startState } from "./state";
import { findFaults, type WholeTimeline } from "./test/check-timeline";

const START_MS = Date.parse("2026-11-22T10:00:00.000Z");
const CURSOR_MAX = 5_500;

function step(seq: number, type: string, atMs: number, more: Partial<TimelineStep> = {}): TimelineStep {
  const none = { phase: null, turnId: null, itemId: null, commandId: null, commandType: null, approvalId: null };
  const rest = { runnerId: null, status: null, decision: null, label: null, isError: false, durationMs: null };
  const figures = { exitCode: null, tokens: null, sizeBytes: null, filesCount: null };
  return { ...none, ...rest, ...figures, seq, type, atMs: START_MS + atMs, ...more };
}

const status = (seq: number, phase: string, atMs: number, more: Partial<TimelineStep> = {}) =>
  step(seq, "backend_status", atMs, { phase, ...more });

/** Folds in pages of the given sizes, each from the cursor of the previous one, and merges them as a reader does. */
function fold(steps: TimelineStep[], pages: number[] = [steps.length], launches: Launch[] = []) {
  const spans = new Map<string, TimelineSpan>();
  const stretches = new Map<string, TimelineStretch>();
  let state: FoldState = startState({ id: "run_1" }, START_MS);
  let longestCursor = 0;
  for (let from = 0, page = 0; from < steps.length; page += 1) {
    const size = pages[page % pages.length] ?? steps.length;
    const folding = new TimelineFold(state, launches);
    for (const one of steps.slice(from, from + size)) folding.add(one);
    from += size;
    if (from >= steps.length) folding.end(folding.state.atMs);
    const underWay = folding.underWay();
    const keys = [...folding.spans, ...underWay.spans].map((span) => span.key);
    expect(new Set(keys).size).toBe(keys.length);
    for (const span of [...folding.spans, ...underWay.spans]) spans.set(span.key, span);
    for (const one of [...folding.stretches, ...(underWay.stretch ? [underWay.stretch] : [])])
      stretches.set(one.startedAt, one);
    const cursor = encodeFold(folding.state);
    longestCursor = Math.max(longestCursor, cursor.length);
    state = decodeFold(FoldState, "run_1", cursor);
  }
  // The stretch at the end of a page may turn out to have no length.
  const whole = [...stretches.values()].filter((one) => one.endedAt !== null);
  const timeline: WholeTimeline = {
    ...{ startMs: START_MS, endMs: state.endMs ?? Number.NaN, spans: [...spans.values()] },
    ...{ stretches: whole, totals: state.totals },
  };
  return { timeline, longestCursor };
}

const brief = (spans: TimelineSpan[]) =>
  spans.map(({ kind, state, startedAt, endedAt }) => [
    kind,
    state,
    Date.parse(startedAt) - START_MS,
    Date.parse(endedAt ?? "") - START_MS,
  ]);
const causes = (stretches: TimelineStretch[]) =>
  stretches.map((one) => [one.cause, Date.parse(one.endedAt ?? "") - Date.parse(one.startedAt)]);

/** A turn with a command that a person had to allow, an attempt that was lost, and the turn that continued. */
const STORY = [
  status(1, "run-created", 0),
  status(2, "command-created", 5, { commandId: "cmd_1", commandType: "turn" }),
  status(3, "run-claimed", 2_000, { runnerId: "r1" }),
  status(4, "turn-started", 3_000, { turnId: "t1", commandId: "cmd_1" }),
  step(5, "user_message", 3_010),
  step(6, "command_execution", 3_500, { itemId: "i1", status: "inProgress", label: "date" }),
  step(7, "approval_request", 3_600, { approvalId: "a1", label: "date" }),
  step(8, "approval_decision", 9_600, { approvalId: "a1", status: "decided", decision: "accept" }),
  step(9, "command_execution", 9_700, { itemId: "i1", status: "completed", durationMs: 50 }),
  step(10, "assistant_message", 30_000),
  status(11, "lease-expired", 50_000, { runnerId: "r1" }),
  status(12, "run-claimed", 53_000, { runnerId: "r2" }),
  status(13, "turn-started", 54_000, { turnId: "t2", commandId: "cmd_1" }),
  status(14, "turn-completed", 55_000, { turnId: "t2", status: "completed" }),
  status(15, "command-terminal", 55_010, { commandId: "cmd_1", status: "completed" }),
  status(16, "archived", 56_000),
  step(17, "terminal_status", 60_000, { status: "completed" }),
];

test("divides a run's time by what it waited for, and its spans show what happened when", () => {
  const launches: Launch[] = [
    { attemptId: "att_1", runnerId: "r1", state: "failed", launchedMs: START_MS + 300, endedMs: START_MS + 52_000 },
    { attemptId: "att_2", runnerId: "r2", state: "running", launchedMs: START_MS + 52_100, endedMs: null },
  ];
  const { timeline } = fold(STORY, undefined, launches);
  expect(causes(timeline.stretches)).toEqual([
    ["idle", 5],
    ["runner", 1_995],
    ["start", 1_000],
    ["work", 600],
    ["person", 6_000],
    ["work", 100],
    ["silence", 20_300],
    ["silence", 20_000],
    ["runner", 3_000],
    ["start", 1_000],
    ["work", 1_000],
    ["start", 10],
    ["idle", 4_990],
  ]);
  expect(brief(timeline.spans)).toEqual([
    ["launch", "completed", 300, 2_000],
    ["approval", "accept", 3_600, 9_600],
    ["command", "completed", 3_500, 9_700],
    ["turn", "cut off", 3_000, 50_000],
    ["attempt", "lost", 2_000, 50_000],
    ["launch", "completed", 52_100, 53_000],
    ["turn", "completed", 54_000, 55_000],
    ["archive", "completed", 55_000, 56_000],
    ["attempt", "completed", 53_000, 60_000],
  ]);
  expect(findFaults(timeline)).toEqual([]);
});

test("pages of any size, each from the previous cursor, give the same timeline", () => {
  const { timeline } = fold(STORY);
  for (const pages of [[1], [2], [3, 5], [7]]) {
    const paged = fold(STORY, pages).timeline;
    const byKey = (spans: TimelineSpan[]) => new Map(spans.map((span) => [span.key, span]));
    expect(byKey(paged.spans)).toEqual(byKey(timeline.spans));
    expect([paged.stretches, paged.totals]).toEqual([timeline.stretches, timeline.totals]);
  }
});

test("folds a sparse log: a turn begins with its agent's first step and ends with its command", () => {
  const { timeline } = fold([
    status(1, "run-created", 0),
    status(2, "command-created", 0, { commandId: "cmd_1", commandType: "turn" }),
    status(3, "command-created", 0, { commandId: "cmd_2", commandType: "turn" }),
    status(4, "run-claimed", 100, { runnerId: "r" }),
    step(5, "assistant_message", 200),
    step(6, "tool_call", 300, { itemId: "i" }),
    step(7, "tool_output", 400, { itemId: "i", isError: true }),
    // This is the waiting turn: its end ends nothing that is under way.
    status(8, "command-terminal", 450, { commandId: "cmd_2", status: "cancelled" }),
    step(9, "command_execution", 5_000, { itemId: "j", status: "completed", durationMs: 99_000 }),
    status(10, "command-terminal", 6_000, { commandId: "cmd_1", status: "completed" }),
    step(11, "terminal_status", 7_000, { status: "completed" }),
  ]);
  expect(brief(timeline.spans)).toEqual([
    ["tool", "failed", 300, 400],
    ["command", "completed", 200, 5_000],
    ["turn", "completed", 200, 6_000],
    ["attempt", "completed", 100, 7_000],
  ]);
  expect(findFaults(timeline)).toEqual([]);
});

test("the checker finds broken timelines", () => {
  const { timeline } = fold(STORY);
  const find = (change: (copy: WholeTimeline) => void) => {
    const copy = structuredClone(timeline);
    change(copy);
    return findFaults(copy);
  };
  const turn = (copy: WholeTimeline) => copy.spans.find((span) => span.kind === "turn") as TimelineSpan;
  const at = (ms: number) => new Date(START_MS + ms).toISOString();
  expect(find((copy) => copy.stretches.splice(3, 1))).not.toEqual([]);
  expect(find((copy) => Object.assign(copy.totals, { work: 1 }))).toContain("work took 1700 ms, and its total says 1");
  expect(find((copy) => Object.assign(turn(copy), { endedAt: at(54_500) }))).toContain("turn:4 overlaps turn:13");
  expect(find((copy) => Object.assign(turn(copy), { endedAt: at(1_000) }))).toContain("turn:4 is negative");
  expect(find((copy) => Object.assign(turn(copy), { startedAt: at(4_000) }))).toContain("command:6 is in no turn");
  expect(find((copy) => copy.spans.push(turn(copy)))).toContain("two spans have one key");
});

function dice(seed: number) {
  let now = seed;
  const below = (bound: number): number => {
    now = (Math.imul(now, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((now / 2 ** 32) * bound);
  };
  return { below, pick: <T>(values: readonly T[]): T => values[below(values.length)] as T };
}

/** Makes any events in any order, with clocks that disagree: no correct runner sends this, but an old one may have. */
function anything(seed: number): TimelineStep[] {
  const { below, pick } = dice(seed);
  let clock = 0;
  const steps = Array.from({ length: 5 + below(120) }, (_, index) => {
    clock += pick([0, 0, 3, 40, 900, 15_000]);
    const id = () => pick(["1", "2", "3", "x".repeat(200), "\u202e\u0001ä"]);
    const type = pick([
      ...["backend_status", "backend_status", "backend_status", "user_message", "assistant_message", "tool_call"],
      ...["tool_output", "command_execution", "command_output", "file_change", "approval_request"],
      ...["approval_decision", "warning", "plan", "odd"],
    ]);
    return step(index + 1, type, clock + pick([0, 0, 0, -5_000, 4_000]), {
      phase: pick([
        ...["run-created", "command-created", "command-terminal", "run-claimed", "lease-expired", "turn-started"],
        ...["turn-completed", "archived", "volume-restored", "unknown", null],
      ]),
      ...{ itemId: pick([null, id()]), commandId: pick([null, id()]), approvalId: pick([null, id()]) },
      ...{ runnerId: id(), commandType: pick(["turn", "steer", null]), decision: pick(["accept", null]) },
      status: pick(["inProgress", "completed", "failed", "pending", "superseded", "decided", null]),
      label: pick([null, "ls", "a\u0000b".repeat(30), "日".repeat(90)]),
      durationMs: pick([null, 0, 70_000]),
      isError: pick([true, false]),
    });
  });
  const ending = below(2) === 0 ? [] : [step(steps.length + 1, "terminal_status", clock, { status: "failed" })];
  return [...steps, ...ending];
}

test("for any events in any order, no duration is negative, nothing overlaps, and the parts add up", () => {
  for (let seed = 1; seed <= 400; seed += 1) {
    const steps = anything(seed);
    const whole = fold(steps);
    expect([seed, findFaults(whole.timeline)]).toEqual([seed, []]);
    const paged = fold(steps, [1 + (seed % 9)]);
    expect([seed, findFaults(paged.timeline)]).toEqual([seed, []]);
    expect(paged.timeline.totals).toEqual(whole.timeline.totals);
    expect(Math.max(whole.longestCursor, paged.longestCursor)).toBeLessThanOrEqual(CURSOR_MAX);
  }
});

test("bundles excess spans and stretches of a page, and counts all", () => {
  const many = Array.from({ length: 2_501 }, (_, index) => {
    const itemId = `i${index}`;
    const state = index === 1_000 ? "failed" : "completed";
    return step(index + 5, "command_execution", 1_000 + index * 10, { itemId, status: state, durationMs: 5 });
  });
  const { timeline } = fold([status(1, "run-claimed", 0, { runnerId: "r" }), status(2, "turn-started", 500), ...many]);
  const told = bundleSpans(timeline.spans, new Set(), TIMELINE_SPANS_MAX);
  const tools = told.filter((span) => span.lane === "tools");
  expect(tools.length).toBeLessThanOrEqual(TIMELINE_SPANS_MAX);
  expect(tools.reduce((sum, span) => sum + span.count, 0)).toBe(2_501);
  expect(tools.filter((span) => span.state === "failed")).toHaveLength(1);
  expect(told.filter((span) => span.lane !== "tools").map((span) => span.key)).toEqual(["attempt:1", "turn:2"]);
  // A span of an earlier page is ended under its own key.
  expect(
    bundleSpans(timeline.spans, new Set(["command:12"]), 200).find((span) => span.key === "command:12")?.count,
  ).toBe(1);

  const stretches = Array.from({ length: 1_001 }, (_, index): TimelineStretch => {
    const cause = index % 2 === 0 ? "work" : "person";
    const at = (ms: number) => new Date(START_MS + ms).toISOString();
    const [from, to] = [index * 10 + (index % 2) * 5, (index + 1) * 10 + ((index + 1) % 2) * 5];
    return { cause, startedAt: at(from), endedAt: at(to), startSeq: index, count: 1 };
  });
  const together = bundleStretches(stretches, 400);
  expect(together.length).toBeLessThanOrEqual(400);
  expect(together.reduce((sum, one) => sum + one.count, 0)).toBe(1_001);
  expect(together.every((one, index) => index === 0 || one.startedAt === together[index - 1]?.endedAt)).toBe(true);
});
