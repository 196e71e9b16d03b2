import { expect, test } from "vitest";
import type { ShownError } from "@/components/trpc/errors";
import { CreateScheduleInput, type Schedule, type ScheduleTask } from "@/contract/schedule";
import { changeOf, createInputOf, draftOf, errorsOf, fitsForm, newDraft, rebased, taskOf } from "./draft";

const AT = "2026-01-01T09:00:00.000Z";
const TASK: ScheduleTask = {
  ...{
    title: "Look",
    backendProfile: "demo",
    payload: { text: "Look around", outputSchema: { type: "object" } },
    queue: "night",
    priority: 2,
  },
  ...{ metadata: { concurrencyKey: "repo", team: "a" }, retry: { maxAttempts: 2, backoffMs: 1_500 } },
  ...{ executionPolicy: { sandbox: "read-only", network: true }, references: ["one", "two"], expiresAfterMs: 60_000 },
  workspaceRef: { kind: "git", url: "https://git.example/a.git", ref: "main" },
};
const schedule: Schedule = {
  ...{ id: "sch_1", tenantId: "default", projectId: "default", name: "nightly", cron: "0 9 * * *", timeZone: "UTC" },
  ...{ words: "At 09:00", overlap: "skip", catchUpMs: 60_000, isPaused: false, task: TASK, nextAt: AT },
  ...{ jitterMs: 0, startsAt: null, endsAt: null },
  ...{ lastFiring: null, createdBy: "operator:admin", createdAt: AT, updatedAt: AT, version: 3 },
};
const refusal = (more: Partial<ShownError>): ShownError => ({
  ...{ failureKind: "schema-invalid", reason: "invalid-input", message: "no", requestId: null, status: 400 },
  ...{ isRetryable: false, ...more },
});

test("the form's values are what the contract accepts", () => {
  const draft = newDraft("Europe/Berlin");
  const input = createInputOf({ ...draft, name: " nightly ", task: { ...draft.task, title: "Look" } }, "demo");
  expect(input).toMatchObject({ name: "nightly", cron: "0 9 * * *", timeZone: "Europe/Berlin", overlap: "skip" });
  expect(input?.task).toEqual({ title: "Look", backendProfile: "demo", payload: {}, priority: 0 });
  expect(CreateScheduleInput.safeParse(input).success).toBe(true);
});

test("a task round-trips through its fields, including fields not shown", () => {
  const draft = draftOf(schedule);
  expect(draft.as).toBe("form");
  expect(taskOf(draft, "other", TASK)).toEqual(TASK);
  expect(changeOf(schedule, draft)).toEqual({});
  const changed = changeOf(schedule, { ...draft, task: { ...draft.task, text: "Tidy up", key: "" } });
  expect(changed).toEqual({
    task: { ...TASK, payload: { ...TASK.payload, text: "Tidy up" }, metadata: { team: "a" } },
  });
});

test("a task that the fields cannot represent is edited as JSON", () => {
  const lossy: Partial<ScheduleTask>[] = [
    { references: [{ url: "https://a" }] },
    { workspaceRef: { kind: "directory", path: "/srv" } },
    { metadata: { concurrencyKey: { a: 1 } } },
    { payload: { text: " leads with a space" } },
    { payload: { text: "hides \u202e\u{e0041} something" } },
  ];
  for (const more of lossy) {
    const task = { ...TASK, ...more };
    expect(fitsForm(task), JSON.stringify(more)).toBe(false);
    const draft = draftOf({ ...schedule, task });
    expect(draft.as).toBe("json");
    expect(draft.json).not.toMatch(/[\u202e\u{e0041}]/u);
    expect(JSON.parse(draft.json)).toEqual(task);
    expect(changeOf({ ...schedule, task }, draft)).toEqual({});
  }
  const wrong = { ...draftOf(schedule), as: "json" as const, typed: null };
  expect(createInputOf(wrong, "demo")).toBeNull();
});

test("sends only what differs", () => {
  const draft = { ...draftOf(schedule), name: "nightly ", cron: "0 8 * * *", overlap: "allow" as const };
  expect(changeOf(schedule, draft)).toEqual({ cron: "0 8 * * *", overlap: "allow" });
});

test("after a concurrent change shows the other's changes and keeps one's own", () => {
  const draft = { ...draftOf(schedule), name: "mine", cron: "0 8 * * *" };
  const now = { ...schedule, version: 4, cron: "0 7 * * *", task: { ...TASK, title: "Theirs" } };
  const shown = rebased(draft, schedule, now);
  expect(shown).toMatchObject({ name: "mine", cron: "0 7 * * *", task: { title: "Theirs" } });
  expect(changeOf(now, shown)).toEqual({ name: "mine" });
});

test("shows each refusal at its field", () => {
  expect(errorsOf(null)).toEqual({ task: {} });
  expect(errorsOf(refusal({ message: "cron: five fields" }))).toEqual({ cron: "five fields", task: {} });
  expect(errorsOf(refusal({ message: "timeZone: a name" }))).toEqual({ timeZone: "a name", task: {} });
  expect(errorsOf(refusal({ reason: "already-exists", message: "it is there" })).name).toBe("it is there");
  expect(errorsOf(refusal({ message: "task: never" }))).toEqual({ task: { form: "task: never" } });
  const issues = [
    { path: "name", message: "too long" },
    { path: "task.title", message: "too short" },
    { path: "task.retry.maxAttempts", message: "too many" },
  ];
  expect(errorsOf(refusal({ details: { issues } }))).toEqual({
    name: "too long",
    task: { title: "too short", attempts: "too many" },
  });
});
