import { createLoader } from "nuqs/server";
import { expect, test } from "vitest";
import { type AuditRow, ListAuditInput } from "@/contract/audit";
import { summaryOf } from "./details";
import { AUDIT_FILTERS, auditInput, isFiltered, listedFilter } from "./filter";
import { callerOf, kindOf, targetName, verbOf } from "./sentence";
import { targetAddress } from "./target";

const load = createLoader(AUDIT_FILTERS);

test("a URL holds the filter that the server accepts", () => {
  const filter = load("?actor=operator:a&action=runs.cancel&kind=run&target=run_1&tenant=t&within=24&id=aud_1");
  expect(ListAuditInput.parse(auditInput(filter))).toMatchObject({
    ...{ actor: "operator:a", action: "runs.cancel", targetKind: "run", targetId: "run_1", tenantId: "t" },
    ...{ withinHours: 24, id: "aud_1" },
  });
  expect(isFiltered(load("?kind=nonsense"))).toBe(false);
});

test("links to the target of an action, whatever its kind", () => {
  const of = (targetKind: string, targetId: string, details = {}) =>
    targetAddress({ targetKind, targetId, details } as AuditRow);
  expect(of("run", "run_1")).toBe("/r/run_1");
  expect(of("session", "a b")).toBe("/r/a%20b");
  expect(of("queue", "default/build")).toBe("/queue?queue=default");
  expect(of("archive", "man_1", { sessionId: "ses_1" })).toBe("/sessions/ses_1?tab=storage");
  expect(of("archive", "man_1")).toBeNull();
  expect(of("runner", "r1")).toBe("/runners/r1");
  expect(of("bulk", "bulk_1")).toBe("/bulk/bulk_1");
  expect(of("runner-job", "agentrun-x")).toBeNull();
  expect(of("something new", "x")).toBeNull();
});

test("summarises an action in one line of text", () => {
  expect(summaryOf({ a: 1, reason: "stuck", b: null, c: { d: "<b>" } })).toBe("stuck · a 1 · c (d <b>)");
  expect(summaryOf({})).toBe("");
  const budget = { name: "Each day", does: "tell", backendProfile: "demo", limit: 45_000, warnPercent: 80 };
  expect(summaryOf(budget, "Each day")).toBe("at the limit warns only · profile demo · limit 45,000 · warn 80%");
  expect(summaryOf({ isPaused: false, isShared: true, jitterMs: 60_000, tags: ["a", "b"], constructor: 1 })).toBe(
    "not paused · shared · jitter 1 m · tags a, b · constructor 1",
  );
  expect(summaryOf({ runId: "run_01a2251e63777b4388634a9b00112233" })).toBe("run run_01a225…112233");
});

test("describes an action in a sentence, or by its name", () => {
  const row = (change: Partial<AuditRow>) =>
    ({ targetKind: "run", targetId: "run_1", details: {}, ...change }) as AuditRow;
  const describeRow = (change: Partial<AuditRow>) => {
    const of = row(change);
    return [callerOf(of.actor), verbOf(of), kindOf(of), targetName(of)].join(" ");
  };
  expect(describeRow({ actor: "operator:admin", action: "runs.cancel", title: "Fix login" })).toBe(
    "admin cancelled run “Fix login”",
  );
  expect(describeRow({ actor: "system:dispatcher", action: "queue.new", targetKind: "task" })).toBe(
    "system dispatcher queue.new task run_1",
  );
  expect(
    describeRow({ actor: "operator:a", action: "queue.createTasks", targetKind: "task", details: { tasks: 3 } }),
  ).toBe("a added 3 tasks, run_1");
});

test("lists people's actions by default, until that condition is removed", () => {
  expect(listedFilter(load(""), false).by).toBe("operator");
  expect(listedFilter(load(""), true).by).toBeNull();
  expect(listedFilter(load("?target=run_1"), false).by).toBeNull();
  expect(listedFilter(load("?by=system"), false).by).toBe("system");
});
