import { expect, test } from "vitest";
import { consequenceOf, explainRunner, recoveryOf } from "./explain";
import { run, runner } from "./test/runner";

test.each([
  [{}, "the run ends: nothing was asked of it"],
  [{ turns: { running: 0, waiting: 2 } }, "the run is queued again, attempt 2 of 3"],
  [{ turns: { running: 1, waiting: 0 }, onLost: "continue" }, "the run is queued again, attempt 2 of 3"],
  [
    { turns: { running: 1, waiting: 0 } },
    "the turn under way fails, how far it came is not known, and the run ends with it",
  ],
  [
    { turns: { running: 1, waiting: 1 } },
    "the turn under way fails, how far it came is not known; the run is queued again, attempt 2 of 3",
  ],
  [{ turns: { running: 0, waiting: 1 }, attemptCount: 3 }, "the run fails: attempt 3 of 3 was its last"],
])("a lost run with %j: %s", (more, said) => {
  expect(recoveryOf(run(more))).toBe(said);
});

test("a late runner says when its lease expires and what follows, a lost one when its run goes on", () => {
  const turns = { running: 0, waiting: 1 };
  expect(explainRunner(runner({ state: "late", run: run({ turns }) }))).toMatchObject({
    ...{ tone: "warn", nextAt: "2026-11-26T10:00:20Z" },
    next: "Unless it is heard of, its lease expires and the run is queued again, attempt 2 of 3.",
  });
  const waits = run({ turns, isHeld: false, status: "pending", nextAttemptAt: "2026-11-26T10:00:24Z" });
  expect(explainRunner(runner({ state: "lost", run: waits, endMessage: "its lease ran out" }))).toMatchObject({
    ...{ tone: "bad", rule: "its lease ran out", nextAt: "2026-11-26T10:00:24Z" },
    next: "The next runner is launched (attempt 2 of 3)",
  });
});

test("a drained runner says who wants it, and what becomes of the turns that wait", () => {
  const drain = { at: "2026-11-26T10:00:00Z", by: "operator:ann", reason: "the node is mended" };
  const busy = run({ turns: { running: 1, waiting: 2 } });
  expect(explainRunner(runner({ state: "draining", drain, run: busy }))).toMatchObject({
    rule: "operator:ann ordered it: the node is mended. It takes nothing more.",
    next: "It ends when its turn does, and another runner takes 2 turns that wait.",
  });
  const out = runner({ state: "draining", run: run({ isHeld: false, status: "completed" }), endKind: "finished" });
  expect(explainRunner(out).title).toBe("It is on its way out");
});

test("a dialog names what an order costs", () => {
  const busy = runner({ state: "busy", run: run({ turns: { running: 1, waiting: 0 } }) });
  expect(consequenceOf(busy, "drain")).toContain("finishes the turn under way");
  expect(consequenceOf(runner(), "drain")).toContain("within 5.0 s; the next message gets a new runner");
  expect(consequenceOf(busy, "kill")).toContain("the turn under way fails");
  expect(consequenceOf({ ...busy, job: null }, "revoke")).toContain("until its lease ends");
  const out = runner({ run: run({ isHeld: false, status: "completed" }) });
  expect(consequenceOf(out, "kill")).toContain("nothing of it is lost");
});
