import { expect, test } from "vitest";
import { checkHistory } from "./check-history";
import type { ControlEntry, Entry, TaskEntry } from "./history";

let seq = 0;
const task = (
  id: string,
  before: TaskEntry["before"],
  after: TaskEntry["after"],
  more: Partial<TaskEntry> = {},
): Entry => {
  seq += 1;
  const started = after === "dispatched" || before === "dispatched" || before === "running";
  const place = { tenant: "t", queue: "q", lane: "l", key: null, session: null };
  return { kind: "task", seq, id, ...place, before, after, attempts: started ? 1 : 0, startedAtMs: null, ...more };
};
const control = (more: Partial<ControlEntry>): Entry => {
  seq += 1;
  const none = { maxRunning: null, keyMaxRunning: null, startsMax: null, startsWindowSeconds: null } as const;
  return { kind: "control", seq, tenant: "*", queue: "q", lane: "l", ...none, state: "open", ...more };
};
const rules = (entries: Entry[]) => checkHistory(entries).map(({ rule }) => rule);
const started = (id: string, more: Partial<TaskEntry> = {}) => [
  task(id, null, "pending", more),
  task(id, "pending", "dispatched", more),
];

test("a correct history has no findings", () => {
  const orderly = [
    control({ maxRunning: 1 }),
    ...started("a"),
    task("a", "dispatched", "running"),
    task("a", "running", "completed"),
    ...started("b"),
    control({ maxRunning: 0 }),
    task("b", "dispatched", "failed"),
    task("b", "failed", "pending", { attempts: 1 }),
  ];
  expect(checkHistory(orderly)).toEqual([]);
});

test("finds a start beyond its rate window's limit, and accepts one just after the window", () => {
  const rate = { startsMax: 1, startsWindowSeconds: 1 };
  const at = (startedAtMs: number, more: Partial<TaskEntry> = {}) =>
    started(`${startedAtMs}${JSON.stringify(more)}`, { startedAtMs, ...more });
  expect(rules([control(rate), ...at(1_000), ...at(1_999)])).toEqual(["rate"]);
  expect(rules([control({ ...rate, lane: "" }), ...at(1_000), ...at(1_999, { lane: "m" })])).toEqual(["rate"]);
  expect(rules([control({ ...rate, tenant: "t" }), ...at(1_000), ...at(1_999)])).toEqual(["rate"]);
  expect(rules([...at(1_000), control(rate), ...at(1_999)])).toEqual(["rate"]);
  expect(rules([control(rate), ...at(1_000), ...at(1_999, { lane: "m" }), ...at(2_000)])).toEqual([]);
});

test("finds each kind of broken guarantee", () => {
  expect(rules([control({ maxRunning: 1 }), ...started("a"), ...started("b")])).toEqual(["limit"]);
  expect(rules([control({ lane: "", maxRunning: 1 }), ...started("a"), ...started("b", { lane: "m" })])).toEqual([
    "limit",
  ]);
  expect(rules([control({ tenant: "t", maxRunning: 1 }), ...started("a"), ...started("b")])).toEqual(["limit"]);
  expect(rules([control({ state: "paused" }), ...started("a")])).toEqual(["paused"]);
  expect(rules([...started("a", { key: "k" }), ...started("b", { key: "k" })])).toEqual(["key"]);
  expect(rules([...started("a", { session: "s" }), ...started("b", { session: "s" })])).toEqual(["session"]);
  expect(rules([...started("a"), task("a", "dispatched", "completed"), task("a", "completed", "running")])).toEqual([
    "final",
    "start",
    "attempt",
  ]);
  expect(rules([...started("a"), task("a", "pending", "dispatched", { attempts: 2 })])).toContain("history");
  expect(rules([task("a", null, "pending"), task("a", "pending", "dispatched", { attempts: 2 })])).toEqual(["attempt"]);
});

test("finds a start before its dependency ended, and accepts one after a later retry of the dependency", () => {
  const comes = (id: string, onFailed: "hold" | "start" = "hold", isGone = false): Entry => {
    seq += 1;
    return { kind: "dependency", seq, id, dependsOn: "first", onFailed, isGone };
  };
  const first = started("first");
  const failed = [...first, task("first", "dispatched", "failed")];
  const done = [...first, task("first", "dispatched", "completed")];
  const waits = (onFailed?: "hold" | "start") => [task("a", null, "pending"), comes("a", onFailed)];
  const goes = () => task("a", "pending", "dispatched", { attempts: 1 });
  expect(rules([...waits(), ...first, goes()])).toEqual(["dependency"]);
  expect(rules([...waits(), ...failed, goes()])).toEqual(["dependency"]);
  expect(rules([...waits("start"), ...failed, goes()])).toEqual([]);
  expect(rules([...waits(), ...done, task("first", "completed", "pending", { attempts: 1 }), goes()])).toEqual([]);
  expect(rules([...waits(), ...first, comes("a", "hold", true), goes()])).toEqual([]);
  const again = [task("a", "dispatched", "failed"), task("first", "completed", "pending", { attempts: 1 })];
  const retried = task("a", "failed", "pending", { attempts: 1 });
  const starts = task("a", "pending", "dispatched", { attempts: 2 });
  expect(rules([...waits(), ...done, goes(), ...again, retried, starts])).toEqual(["dependency"]);
});
