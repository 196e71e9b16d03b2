import type { WEBHOOK_TEST, WebhookEvent, WebhookFormat } from "@/contract/words";

type WebhookOccurrence = { event: WebhookEvent | typeof WEBHOOK_TEST; at: Date; data: Record<string, unknown> };
/** An invisible character; it keeps the text around it from being read as one. */
const ZERO_WIDTH_SPACE = "\u200b";

/** `publicUrl`: where browsers reach the console. */
type MessageOptions = { format: WebhookFormat; publicUrl: string };

/** The kind of id whose page shows most about each event; where there are several, the first one present. */
const SUBJECT_ID_FIELDS: Record<string, readonly string[]> = {
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
const PAGE_PATHS: Record<string, (data: Record<string, unknown>) => string> = {
  "runner.lost": ({ runnerId }) => `/runners/${encodeURIComponent(String(runnerId))}`,
  "backend.unavailable": ({ backendProfile }) => `/backends#profile-${encodeURIComponent(String(backendProfile))}`,
  "backend.available": ({ backendProfile }) => `/backends#profile-${encodeURIComponent(String(backendProfile))}`,
  "session.deleted": ({ sessionId }) => `/audit?target=${encodeURIComponent(String(sessionId))}`,
};

/** What is sent of an event: the same text in each try, since it is signed. */
export function bodyOf({ event, at, data }: WebhookOccurrence, { format, publicUrl }: MessageOptions): string {
  const url = `${publicUrl}${PAGE_PATHS[event]?.(data) ?? subjectPagePath(event, data)}`;
  if (format === "chat") return JSON.stringify({ text: `${escapeLine(MESSAGES[event](data))} <${url}|Open>` });
  return JSON.stringify({ type: event, timestamp: at.toISOString(), url, data });
}

function subjectPagePath(event: string, data: Record<string, unknown>): string {
  const subjects = SUBJECT_ID_FIELDS[event.split(".")[0] ?? ""] ?? [];
  const id = subjects.map((subject) => data[subject]).find((known) => typeof known === "string");
  return `/r/${encodeURIComponent(String(id))}`;
}

const MESSAGES: Record<WebhookOccurrence["event"], (data: Record<string, unknown>) => string> = {
  "turn.completed": (turn) => `A turn${ownerPhrase(turn)} has completed.`,
  "turn.failed": (turn) => `A turn${ownerPhrase(turn)} has failed${reasonSuffix(turn.failureKind)}.`,
  "turn.cancelled": (turn) => `A turn${ownerPhrase(turn)} was cancelled.`,
  "run.completed": ({ runId }) => `Run ${runId} has completed.`,
  "run.failed": ({ runId, failureKind }) => `Run ${runId} has failed${reasonSuffix(failureKind)}.`,
  "run.cancelled": ({ runId }) => `Run ${runId} was cancelled.`,
  "task.completed": (task) => `${taskPhrase(task)} has completed.`,
  "task.failed": (task) =>
    `${taskPhrase(task)} has failed for good${reasonSuffix(task.deadLetter ?? task.failureKind)}.`,
  "task.cancelled": (task) => `${taskPhrase(task)} was cancelled.`,
  "task.parked": (task) =>
    `${taskPhrase(task)} waits: the usage limit of its provider is reached${untilSuffix(task.parkedUntil)}.`,
  "task.held": (task) =>
    `${taskPhrase(task)} waits for a person: task ${task.failedTaskId}, which it comes after, has failed or was cancelled.`,
  "approval.requested": ({ kind }) => `An agent asks for an approval (${kind}).`,
  "approval.decided": ({ decision, decidedBy }) =>
    `An approval was answered: ${decision}, by ${String(decidedBy).replace(/^operator:/, "")}.`,
  "approval.superseded": () => "An approval is wanted no more: the attempt that asked for it has ended.",
  "schedule.missed": (schedule) =>
    `${schedulePhrase(schedule)} was missed: it was due at ${isoInstant(schedule.dueAt)}.`,
  "schedule.refused": (schedule) => `${schedulePhrase(schedule)} brought no task${reasonSuffix(schedule.reason)}.`,
  "budget.near": (budget) => `${budgetPhrase(budget)} is nearly spent: ${spentPhrase(budget)}.`,
  "budget.reached": (budget) => `${budgetPhrase(budget)} is reached: ${spentPhrase(budget)}.${holdSentence(budget)}`,
  "session.created": (session) => `${sessionPhrase(session)} was made.`,
  "session.renamed": (session) =>
    `Session ${session.sessionId} ${typeof session.title === "string" ? `is called “${session.title}” now` : "has no title any more"}.`,
  "session.deleted": (session) => `${sessionPhrase(session)} was deleted.`,
  "volume.evicted": (volume) =>
    `The volume of session ${volume.sessionId} was evicted${volume.isRestorable === true ? "; its archive is there" : ", and there is no archive of it"}.`,
  "volume.restored": (volume) => `The volume of session ${volume.sessionId} is back.`,
  "archive.failed": (archive) => `The volume of session ${archive.sessionId} could not be archived.`,
  "runner.lost": ({ runnerId, runId }) => `Runner ${runnerId} was lost while it had run ${runId}.`,
  "backend.unavailable": (backend) =>
    `Backend ${backend.backendProfile} takes no work: ${CAUSE_PHRASES[String(backend.cause)]}${untilSuffix(backend.until)}.`,
  "backend.available": ({ backendProfile }) => `Backend ${backendProfile} takes work again.`,
  "webhook.test": () => "AgentRun can be heard here.",
};

/** The causes, by the names that the migration's triggers give them. */
const CAUSE_PHRASES: Record<string, string> = {
  disabled: "somebody has switched it off",
  limited: "the usage limit of its provider is reached",
  failing: "its provider fails again and again",
};

function sessionPhrase({ sessionId, title }: Record<string, unknown>): string {
  return `Session ${typeof title === "string" ? `“${title}” (${sessionId})` : sessionId}`;
}

function ownerPhrase({ sessionId, runId }: Record<string, unknown>): string {
  return typeof sessionId === "string" ? ` of session ${sessionId}` : ` of run ${runId}`;
}

function taskPhrase({ title, queue, lane }: Record<string, unknown>): string {
  return `Task “${title}” of ${queue} / ${lane}`;
}

function schedulePhrase({ title }: Record<string, unknown>): string {
  return `A time of schedule “${title}”`;
}

function budgetPhrase({ title, sessionId }: Record<string, unknown>): string {
  return `Budget “${title}”${typeof sessionId === "string" ? ` of session ${sessionId}` : ""}`;
}

function spentPhrase({ spent, limit, unit }: Record<string, unknown>): string {
  return `${spent} of ${limit} ${unit}`;
}

function holdSentence({ action, sessionId }: Record<string, unknown>): string {
  if (action !== "hold") return "";
  return ` What it bounds waits until somebody raises it${typeof sessionId === "string" ? "" : ", or its period ends"}.`;
}

function reasonSuffix(why: unknown): string {
  return typeof why === "string" ? `: ${why}` : "";
}

function untilSuffix(end: unknown): string {
  return typeof end === "string" ? ` until ${isoInstant(end)}` : "";
}

/** PostgreSQL's own text of an instant, as programs write one. */
function isoInstant(text: unknown): string {
  return new Date(String(text)).toISOString();
}

/** Escapes text for one line, so that a title cannot hide a link behind other words or notify everybody in a room. */
function escapeLine(text: string): string {
  const oneLine = text.replace(/\s+/g, " ").replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return oneLine.replaceAll("@", `@${ZERO_WIDTH_SPACE}`).replaceAll("](", `]${ZERO_WIDTH_SPACE}(`);
}
