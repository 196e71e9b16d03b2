import { expect, test } from "vitest";
import { placeOf, REACH_EVENTS, rangeOf, reachEvent, SOUGHT_RUNS_MAX, seekRun } from "./spot";

const runIds = (from: number, to = 1) => Array.from({ length: from - to + 1 }, (_, index) => `run_${from - index}`);

test("a run that starts later appears below the opened message, which stays", () => {
  const spot = { runId: "run_3", seq: 7 };
  const place = placeOf(spot, runIds(5), null);
  expect(rangeOf(place, runIds(5), 3)).toEqual({ newest: 0, end: 3 });
  for (const last of [6, 7, 9]) {
    const ids = runIds(last);
    expect(placeOf(spot, ids, place)).toBe(place);
    const { newest, end } = rangeOf(place, ids, 3);
    expect(newest, `the newest of ${last}`).toBe(0);
    expect(ids.slice(newest, end)).toContain(spot.runId);
  }
});

test("an old message is shown with the runs around it, which stay as others start", () => {
  const spot = { runId: "run_4", seq: 7 };
  const place = placeOf(spot, runIds(20), null);
  for (const last of [20, 21, 30]) {
    const ids = runIds(last);
    const { newest, end } = rangeOf(placeOf(spot, ids, place), ids, 3);
    expect(ids.slice(newest, end)).toEqual(["run_5", "run_4", "run_3"]);
  }
  expect(placeOf(null, runIds(20), place)).toBeNull();
  expect(rangeOf(null, runIds(20), 3)).toEqual({ newest: 0, end: 3 });
});

test("another message, or the same opened again, has a new position", () => {
  const first = { runId: "run_4", seq: 7 };
  const place = placeOf(first, runIds(20), null);
  expect(placeOf({ runId: "run_19", seq: 1 }, runIds(20), place)).toMatchObject({ newestRunId: null });
  expect(placeOf({ ...first }, runIds(4), place)).toMatchObject({ newestRunId: null });
  expect(placeOf({ runId: "run_99", seq: 1 }, runIds(20), place)).toBeNull();
});

test("looks for a run among a bounded number, then says that it is too far back or gone", () => {
  const spot = { runId: "run_0", seq: 1 };
  const pages = { hasMore: true, isLoading: false };
  expect(seekRun(null, [], pages)).toBe("found");
  expect(seekRun({ runId: "run_2", seq: 1 }, runIds(3), pages)).toBe("found");
  expect(seekRun(spot, [], { ...pages, isLoading: true })).toBe("wait");
  expect(seekRun(spot, runIds(50), pages)).toBe("more");
  expect(seekRun(spot, runIds(SOUGHT_RUNS_MAX), pages)).toBe("far");
  expect(seekRun(spot, runIds(50), { ...pages, hasMore: false })).toBe("gone");
  expect(seekRun(spot, [], { ...pages, hasMore: false })).toBe("gone");
});

test("loads a message near the loaded ones, but not one deep in a long run", () => {
  const ready = (firstSeq: number) => ({ isReady: true, firstSeq });
  expect(reachEvent(200, { isReady: false, firstSeq: 199_001 })).toBe("wait");
  expect(reachEvent(200, ready(199_001))).toBe("far");
  expect(reachEvent(200, ready(200 + REACH_EVENTS + 1))).toBe("far");
  expect(reachEvent(200, ready(200 + REACH_EVENTS))).toBe("load");
  expect(reachEvent(200, ready(201))).toBe("load");
  expect(reachEvent(200, ready(200))).toBe("there");
});
