import { renderToStaticMarkup } from "react-dom/server";
import { expect, test } from "vitest";
import type { BulkAction } from "@/contract/bulk";
import { BulkFacts } from "./bulk-facts";
import { BulkReasons } from "./bulk-reasons";
import { followUpsOf } from "./follow-ups";
import { BulkState, Counts, progressOf } from "./progress";

const AT = "2026-01-02T03:04:05Z";
const bulk = (more: Partial<BulkAction> = {}): BulkAction => ({
  ...{ id: "bulk_1", kind: "task", tenantId: null, projectId: null, action: "cancel", filter: null, params: {} },
  ...{ reason: null, sourceId: null, state: "completed", total: 7, done: 4, unchanged: 1, refused: 2 },
  ...{ createdBy: "operator:ann", createdAt: AT, endedAt: AT },
  ...more,
});
const OUTCOMES = { reasons: [], hasMore: false, retriedById: null, undoneById: null, keptUntil: null };
const textOf = (html: string) => html.replaceAll(/<[^>]*>/g, " ").replaceAll(/\s+/g, " ");

test("describes progress and outcome", () => {
  expect(progressOf(bulk()).title).toBe("4 tasks cancelled");
  expect(progressOf(bulk({ endedAt: null, state: "running" })).title).toBe("Cancelling 7 tasks");
  expect(progressOf(bulk({ state: "aborted" })).title).toBe("Stopped: 4 tasks cancelled");
  expect(textOf(renderToStaticMarkup(<Counts bulk={bulk()} />))).toContain("7 of 7, 1 unchanged , 2 rejected");
  expect(renderToStaticMarkup(<BulkState bulk={bulk()} />)).toContain("Partly rejected");
  expect(renderToStaticMarkup(<BulkState bulk={bulk({ refused: 0 })} />)).toContain("Completed");
});

test("describes the selection by its filter, or as chosen rows", () => {
  const facts = (more: Partial<BulkAction>) =>
    textOf(renderToStaticMarkup(<BulkFacts bulk={bulk(more)} outcomes={OUTCOMES} />));
  expect(facts({})).toContain("7 tasks, selected individually.");
  const rendered = facts({
    filter: { queue: "nightly", parked: true },
    params: { priority: 3 },
    reason: "too\u202e slow",
  });
  for (const expected of ["matched this filter", "queue: nightly", "parked: true", "Priority 3", "all tenants"])
    expect(rendered).toContain(expected);
  expect(rendered).not.toContain("\u202e");
});

test("links the actions that followed, and shows until when it is kept", () => {
  const html = renderToStaticMarkup(
    <BulkFacts bulk={bulk()} outcomes={{ ...OUTCOMES, retriedById: "bulk_2", keptUntil: "2999-01-01T00:00:00Z" }} />,
  );
  expect(html).toContain('href="/bulk/bulk_2"');
  expect(textOf(html)).toMatch(/Kept deleted in/);
  expect(textOf(renderToStaticMarkup(<BulkFacts bulk={bulk()} outcomes={undefined} />))).toContain(
    "30 days after it ends",
  );
});

test("finds the retry or undo of an action among the listed ones", () => {
  const pin = bulk({ kind: "session", action: "pin" });
  const again = { ...pin, id: "bulk_2", sourceId: pin.id };
  const back = { ...again, id: "bulk_3", action: "unpin" } as const;
  expect(followUpsOf(pin, [pin])).toEqual({ retriedById: null, undoneById: null });
  expect(followUpsOf(pin, [again, pin])).toEqual({ retriedById: again.id, undoneById: null });
  expect(followUpsOf(pin, [back, again, pin])).toEqual({ retriedById: again.id, undoneById: back.id });
  expect(followUpsOf(again, [back, again, pin])).toEqual({ retriedById: null, undoneById: null });
});

test("shows each reason once, with its count", () => {
  const reasons = [{ outcome: "refused", message: "task … is completed", count: 1_204 }] as const;
  const html = renderToStaticMarkup(<BulkReasons outcomes={{ ...OUTCOMES, reasons: [...reasons], hasMore: true }} />);
  expect(textOf(html)).toContain("1,204 rejected task … is completed");
  expect(textOf(html)).toContain("More than 1 reason.");
});
