import { auditAddress, backendAddress, recordAddress, runnerAddress } from "@/components/shell/addresses";
import type { Webhook, WebhookDelivery } from "@/contract/webhook";
import { DELIVERY_COUNT_MAX, WEBHOOK_EVENTS, type WebhookEvent, type WebhookFormat } from "@/contract/words";

/** How a webhook is shown to stand: its icon's state, and the word beside it. */
export type Condition = { state: string; word: string; tone?: "bad" };

/** How a webhook stands; of a disabled one whether it failed does not matter. */
export function conditionOf(webhook: Webhook): Condition {
  if (!webhook.isEnabled)
    return { state: "paused", word: "Disabled", ...(webhook.disabledReason === null ? {} : { tone: "bad" }) };
  if (webhook.failingSince !== null) return { state: "failed", word: "Failing" };
  if (webhook.lastDeliveredAt !== null) return { state: "ready", word: "Working" };
  const isQuiet = webhook.pending + webhook.failed === 0;
  return { state: "none", word: isQuiet ? "Nothing sent yet" : "Nothing delivered yet" };
}

/** A number of deliveries; more than are counted are `1,000+`. */
export function countOf(count: number): string {
  return count > DELIVERY_COUNT_MAX ? `${DELIVERY_COUNT_MAX.toLocaleString("en")}+` : count.toLocaleString("en");
}

/** Whom a URL leads to: the rest of it may be what lets somebody in there. */
export function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : url;
}

/** Events by what they tell of. */
export const EVENT_GROUPS: readonly { name: string; events: readonly WebhookEvent[] }[] = [
  { name: "Turns", events: eventsOf("turn.") },
  { name: "Runs", events: eventsOf("run.") },
  { name: "Tasks", events: eventsOf("task.") },
  { name: "Approvals", events: eventsOf("approval.") },
  { name: "Schedules", events: eventsOf("schedule.") },
  { name: "Budgets", events: eventsOf("budget.") },
  { name: "Sessions", events: eventsOf("session.") },
  { name: "Volumes", events: [...eventsOf("volume."), ...eventsOf("archive.")] },
  { name: "Runners", events: eventsOf("runner.") },
  { name: "Backends", events: eventsOf("backend.") },
];

function eventsOf(prefix: string): WebhookEvent[] {
  return WEBHOOK_EVENTS.filter((event) => event.startsWith(prefix));
}

/** What a webhook is told of in a few words: a kind of which it is told everything is named as a whole. */
export function eventWords(events: readonly WebhookEvent[]): string {
  if (events.length === WEBHOOK_EVENTS.length) return "all events";
  return EVENT_GROUPS.flatMap((group) => {
    const chosen = group.events.filter((event) => events.includes(event));
    return chosen.length === group.events.length ? [`all of ${group.name.toLowerCase()}`] : chosen;
  }).join(", ");
}

/** Whose id leads to what a delivery tells of; a turn is its session's, if it has one. */
const SUBJECTS: readonly [prefix: string, ids: readonly string[]][] = [
  ["turn.", ["sessionId", "runId"]],
  ["run.", ["runId"]],
  ["task.", ["taskId"]],
  ["approval.", ["approvalId"]],
  ["schedule.", ["scheduleId"]],
  ["budget.", ["sessionId", "budgetId"]],
  ["session.", ["sessionId"]],
  ["volume.", ["sessionId"]],
  ["archive.", ["sessionId"]],
  ["runner.", ["runnerId"]],
  ["backend.", ["backendProfile"]],
];

/** The record that a delivery tells of, its page, and its title where it has one; null: it is a test. */
export function subjectOf({ event, data }: Pick<WebhookDelivery, "event" | "data">) {
  const ids = SUBJECTS.find(([prefix]) => event.startsWith(prefix))?.[1] ?? [];
  const id = ids.map((key) => data[key]).find((candidate) => typeof candidate === "string");
  if (typeof id !== "string") return null;
  const title = typeof data.title === "string" && data.title !== "" ? data.title : null;
  return { id, title, address: addressOf(event, id) };
}

/** As a message's `url` has it: what others have named is found by its kind, and what is gone in the audit log. */
function addressOf(event: WebhookDelivery["event"], id: string): string {
  if (event === "session.deleted") return auditAddress(id);
  if (event.startsWith("runner.")) return runnerAddress(id);
  return event.startsWith("backend.") ? backendAddress(id) : recordAddress(id);
}

/** What a failed connection is called by the system, as people read it. */
const ERROR_WORDS: Record<string, string> = {
  ECONNREFUSED: "Connection refused",
  ECONNRESET: "Connection reset",
  EHOSTUNREACH: "Host unreachable",
  ENOTFOUND: "Host not found",
  ETIMEDOUT: "Timed out",
};

/** What a try was answered: its status, or why there is none. */
export function answerOf({ status, error }: WebhookDelivery["tries"][number]): string {
  return error === null ? `answered ${status}` : (ERROR_WORDS[error] ?? error);
}

/** What each format is called, and what it is for. */
export const FORMAT_WORDS: Record<WebhookFormat, { name: string; hint: string }> = {
  json: { name: "JSON, for programs", hint: "The whole event, with ids and states." },
  chat: { name: "Sentence, for chat", hint: "One sentence with a link, as Slack and Mattermost accept it." },
};
