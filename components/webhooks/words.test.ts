import { expect, test } from "vitest";
import type { Webhook } from "@/contract/webhook";
import { WEBHOOK_EVENTS } from "@/contract/words";
import { answerOf, conditionOf, countOf, EVENT_GROUPS, eventWords, hostOf, subjectOf } from "./words";

const AT = "2026-01-01T00:00:00Z";
const webhook: Webhook = {
  ...{ id: "wh_1", tenantId: null, name: "chat", url: "https://chat.example/in?key=k", events: ["run.failed"] },
  ...{ projectIds: [], queues: [], format: "json" },
  ...{ isEnabled: true, disabledReason: null, createdBy: "operator:admin", createdAt: AT, updatedAt: AT, version: 1 },
  ...{ previousSecretUntil: null, lastDeliveredAt: null, failingSince: null, pending: 0, failed: 0 },
};
const wordOf = (more: Partial<Webhook>) => conditionOf({ ...webhook, ...more }).word;

test("a webhook's state is disabled, failing, working, or not tried, in this order", () => {
  expect(wordOf({})).toBe("Nothing sent yet");
  expect(wordOf({ pending: 1 })).toBe("Nothing delivered yet");
  expect(wordOf({ lastDeliveredAt: AT })).toBe("Working");
  expect(wordOf({ lastDeliveredAt: AT, failed: 3 })).toBe("Working");
  expect(wordOf({ lastDeliveredAt: AT, failingSince: AT })).toBe("Failing");
  expect(wordOf({ failingSince: AT, isEnabled: false })).toBe("Disabled");
});

test("only an automatically disabled webhook counts as faulty", () => {
  expect(conditionOf({ ...webhook, isEnabled: false }).tone).toBeUndefined();
  expect(conditionOf({ ...webhook, isEnabled: false, disabledReason: "it answered 410" }).tone).toBe("bad");
});

test("shows deliveries beyond the counted maximum as more", () => {
  expect([countOf(0), countOf(1_000), countOf(1_001)]).toEqual(["0", "1,000", "1,000+"]);
});

test("names events one by one, or as a whole kind", () => {
  expect(EVENT_GROUPS.flatMap(({ events }) => events)).toEqual(WEBHOOK_EVENTS);
  expect(eventWords(WEBHOOK_EVENTS)).toBe("all events");
  expect(eventWords(["run.completed", "run.failed", "run.cancelled", "task.parked"])).toBe("all of runs, task.parked");
});

test("shows only an address's host", () => {
  expect(hostOf(webhook.url)).toBe("chat.example");
  expect(hostOf("http://127.0.0.1:8080/x")).toBe("127.0.0.1:8080");
});

test("a delivery links to its record, and a test to nothing", () => {
  const data = { approvalId: "apr_1", runId: "run_1", sessionId: null, title: "Mend" };
  expect(subjectOf({ event: "approval.requested", data })).toEqual({
    ...{ id: "apr_1", title: "Mend", address: "/r/apr_1" },
  });
  expect(subjectOf({ event: "run.failed", data })?.id).toBe("run_1");
  expect(subjectOf({ event: "turn.failed", data })?.id).toBe("run_1");
  expect(subjectOf({ event: "turn.failed", data: { ...data, sessionId: "ses_1" } })?.id).toBe("ses_1");
  expect(subjectOf({ event: "task.failed", data })).toBeNull();
  expect(subjectOf({ event: "webhook.test", data })).toBeNull();
  const named = { sessionId: "mine", runnerId: "of others", backendProfile: "codex" };
  const addressOf = (event: (typeof WEBHOOK_EVENTS)[number]) => subjectOf({ event, data: named })?.address;
  expect((["session.renamed", "session.deleted", "archive.failed"] as const).map(addressOf)).toEqual([
    ...["/r/mine", "/audit?target=mine", "/r/mine"],
  ]);
  expect((["runner.lost", "backend.available"] as const).map(addressOf)).toEqual([
    ...["/runners/of%20others", "/backends#profile-codex"],
  ]);
});

test("describes a try by its answer, or by the error", () => {
  const tried = { at: AT, tookMs: 3, text: null };
  expect(answerOf({ ...tried, status: 204, error: null })).toBe("answered 204");
  expect(answerOf({ ...tried, status: null, error: "ECONNREFUSED" })).toBe("Connection refused");
});
