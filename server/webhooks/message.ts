import type { WEBHOOK_TEST, WebhookEvent, WebhookFormat } from "@/contract/words";

type Happened = { event: WebhookEvent | typeof WEBHOOK_TEST; at: Date; data: Record<string, unknown> };
/** An invisible character; it keeps the text around it from being read as one. */
const APART = "\u200b";

/** `publicUrl`: where browsers reach the console. */
type MessageOptions = { format: WebhookFormat; publicUrl: string };

/** The kind of id whose page shows most about each event; where there are several, the first one present. */
const SUBJECTS: Record<string, readonly string[]> = {
  turn: ["sessionId", "runId"],
  run: ["runId"],
  task: ["taskId"],
  approval: ["approvalId"],
  schedule: ["scheduleId"],
  budget: ["sessionId", "budgetId"],
  session: ["sessionId"],
  volume: ["sessionId"],
  archive: ["sessionId"],
  webhook: ["webhookId"],
};
/**
 * Pages of subjects that the address by id cannot find: runners have ids that others choose, backends are known by
 * name, and what is gone is only in the audit log.
 */
const PAGES: Record<string, (data: Record<string, unknown>) => string> = {
  "runner.lost": ({ runnerId }) => `/runners/${encodeURIComponent(String(runnerId))}`,
  "backend.unavailable": ({ backendProfile }) => `/backends#profile-${encodeURIComponent(String(backendProfile))}`,
  "backend.available": ({ backendProfile }) => `/backends#profile-${encodeURIComponent(String(backendProfile))}`,
  "session.deleted": ({ sessionId }) => `/audit?target=${encodeURIComponent(String(sessionId))}`,
};

/** What is sent of an event: the same text in each try, since it is signed. */
export function bodyOf({ event, at, data }: Happened, { format, publicUrl }: MessageOptions): string {
  const url = `${publicUrl}${PAGES[event]?.(data) ?? pageOfSubject(event, data)}`;
  if (format === "chat") return JSON.stringify({ text: `${escaped(SENTENCES[event](data))} <${url}|Open>` });
  return JSON.stringify({ type: event, timestamp: at.toISOString(), url, data });
}

function pageOfSubject(event: string, data: Record<string, unknown>): string {
  const subjects = SUBJECTS[event.split(".")[0] ?? ""] ?? [];
  const id = subjects.map((subject) => data[subject]).find((known) => typeof known === "string");
  return `/r/${encodeURIComponent(String(id))}`;
}

const SENTENCES: Record<Happened["event"], (data: Record<string, unknown>) => string> = {
  "turn.completed": (turn) => `A turn${placeOf(turn)} has completed.`,
  "turn.failed": (turn) => `A turn${placeOf(turn)} has failed${because(turn.failureKind)}.`,
  "turn.cancelled": (turn) => `A turn${placeOf(turn)} was cancelled.`,
  "run.completed": ({ runId }) => `Run ${runId} has completed.`,
  "run.failed": ({ runId, failureKind }) => `Run ${runId} has failed${because(failureKind)}.`,
  "run.cancelled": ({ runId }) => `Run ${runId} was cancelled.`,
  "task.completed": (task) => `${taskOf(task)} has completed.`,
  "task.failed": (task) => `${taskOf(task)} has failed for good${because(task.deadLetter ?? task.failureKind)}.`,
  "task.cancelled": (task) => `${taskOf(task)} was cancelled.`,
  "task.parked": (task) =>
    `${taskOf(task)} waits: the usage limit of its provider is reached${until(task.parkedUntil)}.`,
  "task.held": (task) =>
    `${taskOf(task)} waits for a person: task ${task.failedTaskId}, which it comes after, has failed or was cancelled.`,
  "approval.requested": ({ kind }) => `An agent asks for an approval (${kind}).`,
  "approval.decided": ({ decision, decidedBy }) =>
    `An approval was answered: ${decision}, by ${String(decidedBy).replace(/^operator:/, "")}.`,
  "approval.superseded": () => "An approval is wanted no more: the attempt that asked for it has ended.",
  "schedule.missed": (schedule) => `${scheduleOf(schedule)} was missed: it was due at ${instant(schedule.dueAt)}.`,
  "schedule.refused": (schedule) => `${scheduleOf(schedule)} brought no task${because(schedule.reason)}.`,
  "budget.near": (budget) => `${budgetOf(budget)} is nearly spent: ${spentOf(budget)}.`,
  "budget.reached": (budget) => `${budgetOf(budget)} is reached: ${spentOf(budget)}.${heldBy(budget)}`,
  "session.created": (session) => `${sessionOf(session)} was made.`,
  "session.renamed": (session) =>
    `Session ${session.sessionId} ${typeof session.title === "string" ? `is called “${session.title}” now` : "has no title any more"}.`,
  "session.deleted": (session) => `${sessionOf(session)} was deleted.`,
  "volume.evicted": (volume) =>
    `The volume of session ${volume.sessionId} was evicted${volume.isRestorable === true ? "; its archive is there" : ", and there is no archive of it"}.`,
  "volume.restored": (volume) => `The volume of session ${volume.sessionId} is back.`,
  "archive.failed": (archive) => `The volume of session ${archive.sessionId} could not be archived.`,
  "runner.lost": ({ runnerId, runId }) => `Runner ${runnerId} was lost while it had run ${runId}.`,
  "backend.unavailable": (backend) =>
    `Backend ${backend.backendProfile} takes no work: ${CAUSES[String(backend.cause)]}${until(backend.until)}.`,
  "backend.available": ({ backendProfile }) => `Backend ${backendProfile} takes work again.`,
  "webhook.test": () => "AgentRun can be heard here.",
};

/** The causes, by the names that the migration's triggers give them. */
const CAUSES: Record<string, string> = {
  disabled: "somebody has switched it off",
  limited: "the usage limit of its provider is reached",
  failing: "its provider fails again and again",
};

function sessionOf({ sessionId, title }: Record<string, unknown>): string {
  return `Session ${typeof title === "string" ? `“${title}” (${sessionId})` : sessionId}`;
}

function placeOf({ sessionId, runId }: Record<string, unknown>): string {
  return typeof sessionId === "string" ? ` of session ${sessionId}` : ` of run ${runId}`;
}

function taskOf({ title, queue, lane }: Record<string, unknown>): string {
  return `Task “${title}” of ${queue} / ${lane}`;
}

function scheduleOf({ title }: Record<string, unknown>): string {
  return `A time of schedule “${title}”`;
}

function budgetOf({ title, sessionId }: Record<string, unknown>): string {
  return `Budget “${title}”${typeof sessionId === "string" ? ` of session ${sessionId}` : ""}`;
}

function spentOf({ spent, limit, unit }: Record<string, unknown>): string {
  return `${spent} of ${limit} ${unit}`;
}

function heldBy({ action, sessionId }: Record<string, unknown>): string {
  if (action !== "hold") return "";
  return ` What it bounds waits until somebody raises it${typeof sessionId === "string" ? "" : ", or its period ends"}.`;
}

function because(why: unknown): string {
  return typeof why === "string" ? `: ${why}` : "";
}

function until(end: unknown): string {
  return typeof end === "string" ? ` until ${instant(end)}` : "";
}

/** PostgreSQL's own text of an instant, as programs write one. */
function instant(text: unknown): string {
  return new Date(String(text)).toISOString();
}

/** Escapes text for one line, so that a title cannot hide a link behind other words or notify everybody in a room. */
function escaped(text: string): string {
  const oneLine = text.replace(/\s+/g, " ").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return oneLine.replaceAll("@", `@${APART}`).replaceAll("](", `]${APART}(`);
}
