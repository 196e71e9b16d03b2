import { expect, test } from "vitest";
import { consequenceOf } from "./consequences";
import { explainRunner, recoveryOf } from "./explain";
import { run, runner } from "./test/runner";

test.each([
  [{}, "the run ends, since it has no work"],
  [{ turns: { running: 0, waiting: 2 } }, "the run is queued again, attempt 2 of 3"],
  [{ turns: { running: 1, waiting: 0 }, onLost: "continue" }, "the run is queued again, attempt 2 of 3"],
  [{ turns: { running: 1, waiting: 0 } }, "the current turn fails, and the run ends with it"],
  [{ turns: { running: 1, waiting: 1 } }, "the current turn fails; the run is queued again, attempt 2 of 3"],
  [{ turns: { running: 0, waiting: 1 }, attemptCount: 3 }, "the run fails, since attempt 3 of 3 was its last"],
])("a lost run with %j: %s", (more, expected) => {
  expect(recoveryOf(run(more))).toBe(expected);
});

test("describes when a late runner's lease expires, and when a lost one's run continues", () => {
  const turns = { running: 0, waiting: 1 };
  expect(explainRunner(runner({ state: "late", run: run({ turns }) }))).toMatchObject({
    ...{ tone: "warn", nextAt: "2026-11-26T10:00:20Z" },
    next: "Without a heartbeat its lease expires, and the run is queued again, attempt 2 of 3.",
  });
  const waits = run({ turns, isHeld: false, status: "pending", nextAttemptAt: "2026-11-26T10:00:24Z" });
  expect(explainRunner(runner({ state: "lost", run: waits, endMessage: "its lease ran out" }))).toMatchObject({
    ...{ tone: "bad", rule: "its lease ran out", nextAt: "2026-11-26T10:00:24Z" },
    next: "Next runner (attempt 2 of 3)",
  });
});

test("describes who drained a runner, and what happens to waiting turns", () => {
  const drain = { at: "2026-11-26T10:00:00Z", by: "operator:ann", reason: "the node is mended" };
  const busy = run({ turns: { running: 1, waiting: 2 } });
  expect(explainRunner(runner({ state: "draining", drain, run: busy }))).toMatchObject({
    rule: "ann drained the runner: the node is mended. It takes no new work.",
    next: "Ends after its current turn. Another runner takes 2 queued turns.",
  });
  const out = runner({ state: "draining", run: run({ isHeld: false, status: "completed" }), endKind: "finished" });
  expect(explainRunner(out).title).toBe("Shutting down");
});

test("a dialog names the consequences of an order", () => {
  const busy = runner({ state: "busy", run: run({ turns: { running: 1, waiting: 0 } }) });
  expect(consequenceOf(busy, "drain")).toContain("finishes its current turn");
  expect(consequenceOf(runner(), "drain")).toContain("within 5 s; the next message gets a new runner");
  expect(consequenceOf(busy, "kill")).toContain("the current turn fails");
  expect(consequenceOf({ ...busy, job: null }, "revoke")).toContain("until its lease ends");
  const out = runner({ run: run({ isHeld: false, status: "completed" }) });
  expect(consequenceOf(out, "kill")).toContain("no work is lost");
});
