import { expect, test } from "vitest";
import type { Webhook } from "@/contract/webhook";
import { changeOf, draftOf, fieldsOf, NEW_WEBHOOK, rebased } from "./draft";

const AT = "2026-01-01T00:00:00Z";
const webhook: Webhook = {
  ...{ id: "wh_1", tenantId: null, name: "chat", url: "https://chat.example/in", events: ["run.failed"] },
  ...{ projectIds: ["site", "tools"], queues: [], format: "json", createdBy: "operator:admin", createdAt: AT },
  ...{ isEnabled: true, disabledReason: null, updatedAt: AT, version: 1, pending: 0, failed: 0 },
  ...{ previousSecretUntil: null, lastDeliveredAt: null, failingSince: null },
};

test("projects and queues are comma-separated, unique and not empty", () => {
  const { projectIds, queues } = fieldsOf({ ...NEW_WEBHOOK, projects: " tools,, site , tools", queues: " " });
  expect(projectIds).toEqual(["site", "tools"]);
  expect(queues).toEqual([]);
});

test("a changed webhook sends only what differs", () => {
  const draft = draftOf(webhook);
  expect(changeOf(webhook, draft)).toEqual({});
  expect(changeOf(webhook, { ...draft, projects: "tools, site", name: "chat " })).toEqual({});
  expect(changeOf(webhook, { ...draft, projects: "", queues: "nightly" })).toEqual({
    ...{ projectIds: [], queues: ["nightly"] },
  });
  expect(changeOf(webhook, { ...draft, events: ["task.parked"], format: "chat" })).toEqual({
    ...{ events: ["task.parked"], format: "chat" },
  });
});

test("what was typed outlives another's change, which is taken over where it is", () => {
  const typed = { ...draftOf(webhook), name: "chat of the team", events: ["task.parked"] as const };
  const now: Webhook = {
    ...webhook,
    version: 2,
    url: "https://chat.example/new",
    events: ["run.failed", "run.cancelled"],
  };
  const merged = rebased(typed, webhook, now);
  expect(merged).toMatchObject({ name: "chat of the team", url: now.url, events: now.events });
  expect(changeOf(now, merged)).toEqual({ name: "chat of the team" });
});
