import { expect, test } from "vitest";
import { WEBHOOK_EVENTS, WEBHOOK_TEST } from "@/contract/words";
import { bodyOf } from "./message";

const publicUrl = "https://agentrun.example";
const at = new Date("2026-01-31T12:00:00.123Z");
const data = {
  ...{ runId: "run_1", taskId: "qt_1", approvalId: "apr_1", sessionId: "ses_1", webhookId: "wh_1" },
  ...{ scheduleId: "sch_1", dueAt: "2026-01-31T03:00:00+00:00", reason: "its queue is being drained" },
  ...{ budgetId: "bgt_1", spent: 4.5, limit: 5, unit: "USD", action: "hold" },
  ...{ runnerId: "runner 1", backendProfile: "codex", cause: "limited", until: "2026-02-01T00:00:00.000Z" },
  ...{ failedTaskId: "qt_2", isRestorable: true },
  ...{ title: "Mend the roof", queue: "q", lane: "fast", kind: "command", decision: "accept" },
  ...{ decidedBy: "operator:ann", failureKind: "timeout", deadLetter: null, parkedUntil: "2026-02-01T00:00:00+00:00" },
};
const textOf = (event: (typeof WEBHOOK_EVENTS)[number] | typeof WEBHOOK_TEST, more: Record<string, unknown> = {}) =>
  JSON.parse(bodyOf({ event, at, data: { ...data, ...more } }, { format: "chat", publicUrl })).text;

test("a JSON message has all data and the URL of the most relevant page", () => {
  expect(JSON.parse(bodyOf({ event: "run.failed", at, data }, { format: "json", publicUrl }))).toEqual({
    ...{ type: "run.failed", timestamp: "2026-01-31T12:00:00.123Z", url: "https://agentrun.example/r/run_1", data },
  });
});

test("a chat message has a sentence and a link for each event", () => {
  expect(([...WEBHOOK_EVENTS, WEBHOOK_TEST] as const).map((event) => textOf(event))).toEqual([
    "A turn of session ses_1 has completed. <https://agentrun.example/r/ses_1|Open>",
    "A turn of session ses_1 has failed: timeout. <https://agentrun.example/r/ses_1|Open>",
    "A turn of session ses_1 was cancelled. <https://agentrun.example/r/ses_1|Open>",
    "Run run_1 has completed. <https://agentrun.example/r/run_1|Open>",
    "Run run_1 has failed: timeout. <https://agentrun.example/r/run_1|Open>",
    "Run run_1 was cancelled. <https://agentrun.example/r/run_1|Open>",
    "Task “Mend the roof” of q / fast has completed. <https://agentrun.example/r/qt_1|Open>",
    "Task “Mend the roof” of q / fast has failed for good: timeout. <https://agentrun.example/r/qt_1|Open>",
    "Task “Mend the roof” of q / fast was cancelled. <https://agentrun.example/r/qt_1|Open>",
    "Task “Mend the roof” of q / fast waits: the usage limit of its provider is reached until 2026-02-01T00:00:00.000Z. <https://agentrun.example/r/qt_1|Open>",
    "Task “Mend the roof” of q / fast waits for a person: task qt_2, which it comes after, has failed or was cancelled. <https://agentrun.example/r/qt_1|Open>",
    "An agent asks for an approval (command). <https://agentrun.example/r/apr_1|Open>",
    "An approval was answered: accept, by ann. <https://agentrun.example/r/apr_1|Open>",
    "An approval is wanted no more: the attempt that asked for it has ended. <https://agentrun.example/r/apr_1|Open>",
    "A time of schedule “Mend the roof” was missed: it was due at 2026-01-31T03:00:00.000Z. <https://agentrun.example/r/sch_1|Open>",
    "A time of schedule “Mend the roof” brought no task: its queue is being drained. <https://agentrun.example/r/sch_1|Open>",
    "Budget “Mend the roof” of session ses_1 is nearly spent: 4.5 of 5 USD. <https://agentrun.example/r/ses_1|Open>",
    "Budget “Mend the roof” of session ses_1 is reached: 4.5 of 5 USD. What it bounds waits until somebody raises it. <https://agentrun.example/r/ses_1|Open>",
    "Session “Mend the roof” (ses_1) was made. <https://agentrun.example/r/ses_1|Open>",
    "Session ses_1 is called “Mend the roof” now. <https://agentrun.example/r/ses_1|Open>",
    "Session “Mend the roof” (ses_1) was deleted. <https://agentrun.example/audit?target=ses_1|Open>",
    "The volume of session ses_1 was evicted; its archive is there. <https://agentrun.example/r/ses_1|Open>",
    "The volume of session ses_1 is back. <https://agentrun.example/r/ses_1|Open>",
    "The volume of session ses_1 could not be archived. <https://agentrun.example/r/ses_1|Open>",
    "Runner runner 1 was lost while it had run run_1. <https://agentrun.example/runners/runner%201|Open>",
    "Backend codex takes no work: the usage limit of its provider is reached until 2026-02-01T00:00:00.000Z. <https://agentrun.example/backends#profile-codex|Open>",
    "Backend codex takes work again. <https://agentrun.example/backends#profile-codex|Open>",
    "AgentRun can be heard here. <https://agentrun.example/r/wh_1|Open>",
  ]);
});

test("a turn without a session links to its run", () => {
  expect(textOf("turn.completed", { sessionId: null })).toBe(
    "A turn of run run_1 has completed. <https://agentrun.example/r/run_1|Open>",
  );
});

test("a task's title makes no link or mention in a chat, and stays on its line", () => {
  const text = textOf("task.completed", { title: "<!channel> @all <https://evil.example|Open> & more\n# big" });
  expect(text).toBe(
    "Task “&lt;!channel&gt; @\u200ball &lt;https://evil.example|Open&gt; &amp; more # big” of q / fast has completed. <https://agentrun.example/r/qt_1|Open>",
  );
});

test("a budget that spans sessions links to itself, and a warning-only one says that it blocks nothing", () => {
  const all = { sessionId: null, action: "tell" };
  expect(textOf("budget.reached", { sessionId: null })).toContain("until somebody raises it, or its period ends.");
  expect(textOf("budget.reached", all)).toBe(
    "Budget “Mend the roof” is reached: 4.5 of 5 USD. <https://agentrun.example/r/bgt_1|Open>",
  );
});

test("falls back to the id without a title, and to the volume without an archive", () => {
  const textOfUntitled = (event: "session.created" | "session.renamed") => textOf(event, { title: null });
  expect(textOfUntitled("session.created")).toMatch(/^Session ses_1 was made\./);
  expect(textOfUntitled("session.renamed")).toMatch(/^Session ses_1 has no title any more\./);
  expect(textOf("volume.evicted", { isRestorable: false })).toMatch(/was evicted, and there is no archive of it\./);
});
