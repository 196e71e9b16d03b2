import { expect, test } from "vitest";
import { isFresh } from "@/components/live/fresh-rows";
import type { Need } from "@/contract/overview";
import { countOf, cutKinds, needRows } from "./need-rows";

const AT = "2026-01-02T00:00:00Z";
const need = (kind: Need["kind"], more: Partial<Need> = {}): Need => ({
  ...{ kind, title: null, message: "it failed", since: AT, tenantId: null, approvalId: null, runId: null },
  ...{
    sessionId: null,
    taskId: null,
    budgetId: null,
    scheduleId: null,
    webhookId: null,
    queue: null,
    lane: null,
    ...more,
  },
});
const idsOf = (needs: Need[]) => needRows(needs, AT).map(({ id }) => id);

test("a need's key is stable and unique", () => {
  const before = idsOf([need("parked", { taskId: "qt_1" }), need("stuck", { runId: "run_1" })]);
  const now = idsOf([
    need("parked", { taskId: "qt_1", message: "until tomorrow", since: "2026-01-03T00:00:00Z" }),
    need("stuck", { runId: "run_1", title: "Named since" }),
  ]);
  expect(now).toEqual(before);
  const loops = idsOf([need("loop-stopped", { message: "purge" }), need("loop-stopped", { message: "dispatch" })]);
  expect(new Set([...now, ...loops]).size).toBe(4);
});

test("a need absent at the last view is new, also if it began before", () => {
  const [old] = needRows([need("stuck", { runId: "run_1", since: "2020-01-01T00:00:00Z" })], AT);
  if (old === undefined) throw new Error("a need is a row");
  const atMs = Date.parse(AT) - 1_000;
  expect(isFresh(old, { ids: new Set(), atMs })).toBe(true);
  expect(isFresh(old, { ids: new Set([old.id]), atMs })).toBe(false);
});

test("a truncated list shows its counts by kind and in total", () => {
  const needs = Array.from({ length: 20 }, (_, index) => need("dead-letter", { taskId: `qt_${index}` }));
  const counts = [
    { kind: "stuck" as const, count: 1, hasMore: false },
    { kind: "dead-letter" as const, count: 143, hasMore: false },
  ];
  expect(cutKinds([need("stuck"), ...needs], counts)).toEqual([
    { kind: "dead-letter", listed: 20, count: 143, hasMore: false },
  ]);
  expect(countOf(counts)).toBe("144");
  expect(countOf([{ count: 1_000, hasMore: true }, ...counts])).toBe("1,144+");
});
