import { createLoader } from "nuqs/server";
import { expect, test } from "vitest";
import { type AuditRow, ListAuditInput } from "@/contract/audit";
import { AUDIT_FILTERS, auditInput, isFiltered } from "./filter";
import { summaryOf, targetAddress } from "./target";

const load = createLoader(AUDIT_FILTERS);

test("what an address holds is what the server takes", () => {
  const filter = load("?actor=operator:a&action=runs.cancel&kind=run&target=run_1&tenant=t&within=24&id=aud_1");
  expect(ListAuditInput.parse(auditInput(filter))).toMatchObject({
    ...{ actor: "operator:a", action: "runs.cancel", targetKind: "run", targetId: "run_1", tenantId: "t" },
    ...{ withinHours: 24, id: "aud_1" },
  });
  expect(isFiltered(load("?kind=nonsense"))).toBe(false);
});

test("what was acted on is led to, whatever its kind", () => {
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

test("an action is summed up in one line of text", () => {
  expect(summaryOf({ a: 1, reason: "stuck", b: null, c: { d: "<b>" } })).toBe('stuck · a: 1 · c: {"d":"<b>"}');
  expect(summaryOf({})).toBe("");
});
