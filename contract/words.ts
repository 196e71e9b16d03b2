/**
 * The contract's plain words, without schemas: the console takes them from here, so that no schema library reaches a browser.
 */
export const RUN_STATUSES = ["pending", "claimed", "completed", "failed", "cancelled"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];
export const TERMINAL_STATUSES = ["completed", "failed", "cancelled"] as const;
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];
export const SANDBOX_MODES = ["read-only", "workspace-write", "danger-full-access"] as const;
export const APPROVAL_POLICIES = ["never", "on-request", "untrusted"] as const;

export function isTerminal(status: string): status is TerminalStatus {
  return (TERMINAL_STATUSES as readonly string[]).includes(status);
}
export const TASK_STATES = ["pending", "dispatched", "running", "completed", "failed", "cancelled"] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** The order of the screen, or what changed last first. */
export const TASK_SORTS = ["priority", "updatedAt"] as const;

/** Keys of a task's payload that callers use for what the agent is asked; the first that has a text counts. */
const PROMPT_KEYS = ["text", "prompt", "message"] as const;

/** What a payload says that the agent is asked; undefined where it says nothing of it. */
export function promptIn(payload: Record<string, unknown>): string | undefined {
  const texts = PROMPT_KEYS.map((key) => payload[key]);
  return texts.find((text): text is string => typeof text === "string" && text.trim() !== "");
}

/** Whether a task of a state holds the slots of its limits. */
export function isActiveTask(state: TaskState): boolean {
  return state === "dispatched" || state === "running";
}
/** What one action may be about many of. */
export const BULK_KINDS = ["task", "run", "session", "volume", "approval", "runner"] as const;
export type BulkKind = (typeof BULK_KINDS)[number];
/** What may be done to many of a kind at once. An approval is given one by one; a volume goes by the id of its session. */
export const BULK_ACTIONS = {
  task: ["cancel", "retry", "reprioritise", "move"],
  run: ["cancel", "retry"],
  session: ["read", "unread", "interrupt", "cancel", "extend", "pin", "unpin", "evict"],
  volume: ["extend", "pin", "unpin", "evict"],
  approval: ["deny"],
  runner: ["drain", "resume", "revoke"],
} as const;
export type BulkVerb = (typeof BULK_ACTIONS)[BulkKind][number];
/** Days that a bulk action is kept after its end, with what became of each; the audit log tells of it for ever. */
export const BULK_KEPT_DAYS = 30;
/** What became of one of many; `refused` with why. */
export const BULK_OUTCOMES = ["done", "unchanged", "refused"] as const;
export type BulkOutcome = (typeof BULK_OUTCOMES)[number];
/** What a bulk action's targets are listed by: an outcome, or that there is none yet. */
export const BULK_RESULT_SORTS = [...BULK_OUTCOMES, "waiting"] as const;
export type BulkResultSort = (typeof BULK_RESULT_SORTS)[number];
/** Actions that can be taken back, and by which. */
export const BULK_UNDO: { [Verb in BulkVerb]?: BulkVerb } = {
  read: "unread",
  unread: "read",
  pin: "unpin",
  unpin: "pin",
  drain: "resume",
  resume: "drain",
};
/**
 * open: dispatched by its limits; paused: nothing is dispatched; draining: what waits is dispatched, and no task is
 * added.
 */
export const CONTROL_STATES = ["open", "paused", "draining"] as const;
export type ControlState = (typeof CONTROL_STATES)[number];
/** What is done with a task whose provider's usage limit is reached, once the limit's time is over. */
export const ON_USAGE_LIMIT = ["resume", "ask"] as const;
/**
 * What becomes of a task when one that it comes after has failed or was cancelled: it waits for a person, fails too, or
 * starts all the same.
 */
export const ON_DEPENDENCY_FAILED = ["hold", "fail", "start"] as const;
export type OnDependencyFailed = (typeof ON_DEPENDENCY_FAILED)[number];
/** Whether a task's agent is told what the tasks that it comes after found out: not at all, or behind its own text. */
export const DEPENDENCY_RESULTS = ["none", "append"] as const;
export type DependencyResults = (typeof DEPENDENCY_RESULTS)[number];
/** Owner of a control that holds for all tenants together; administrators alone set it. */
export const ALL_TENANTS = "*";
export const STORAGE_KINDS = ["none", "pvc", "evicted"] as const;
export type StorageKind = (typeof STORAGE_KINDS)[number];
/**
 * The safe lifecycle between v0.1's three kinds:
 * none → creating → live → archiving → deleting → evicted → restoring → live.
 */
export const STORAGE_STATES = ["none", "creating", "live", "archiving", "deleting", "evicted", "restoring"] as const;
export type StorageState = (typeof STORAGE_STATES)[number];
export const STORAGE_POLICIES = ["archive", "discard"] as const;
/** What changed last, the largest, what expires first. */
export const STORAGE_SORTS = ["updatedAt", "sizeBytes", "expiresAt"] as const;
export type StorageSort = (typeof STORAGE_SORTS)[number];
/**
 * Of the order to archive a volume: waiting → launching → running → ending; done with it, or waiting again after a try
 * that failed. From `launching` to the end of `ending` an archiver may have the volume, and no runner is started on it.
 */
export const ARCHIVE_ORDER_STATES = ["waiting", "launching", "running", "ending"] as const;
export type ArchiveOrderState = (typeof ARCHIVE_ORDER_STATES)[number];
/** Whether the newest archive holds the last turn, only an earlier one, or there is none. */
export const ARCHIVE_STANDINGS = ["current", "behind", "none"] as const;
export const ARCHIVE_ORDERERS = ["collection", "person"] as const;
export type ArchiveOrderer = (typeof ARCHIVE_ORDERERS)[number];
export const SESSION_LIST_STATES = ["default", "needs-me", "running", "idle", "terminal", "unread", "all"] as const;
export const EVENT_TYPES = [
  "backend_status",
  "terminal_status",
  "user_message",
  "assistant_message",
  "reasoning",
  "plan",
  "tool_call",
  "tool_output",
  "command_execution",
  "command_output",
  "file_change",
  "diff",
  "token_usage",
  "approval_request",
  "approval_decision",
  "warning",
  "error",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];
/**
 * pending → decided → applied; pending → superseded (its attempt ended first); decided → ambiguous (its attempt ended
 * before saying whether it was applied; never applied to another request).
 */
export const APPROVAL_STATUSES = ["pending", "decided", "applied", "superseded", "ambiguous"] as const;
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number];
export const APPROVAL_KINDS = ["command", "file_change", "permissions"] as const;
export type ApprovalKind = (typeof APPROVAL_KINDS)[number];
export const APPROVAL_SORTS = ["newest", "oldest"] as const;
/** The real codex against a scripted model that the product serves itself. */
export const DEMO_PROFILE = "demo";
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];
/** The groups of procedures that a token may be narrowed to, and the metrics. */
export const TOKEN_SCOPES = [
  "approvals",
  "archive",
  "attachments",
  "audit",
  "backends",
  "budgets",
  "bulk",
  "commands",
  "docs",
  "events",
  "health",
  "identity",
  "metrics",
  "overview",
  "queue",
  "runnerJobs",
  "runners",
  "runs",
  "schedules",
  "sessions",
  "storage",
  "usage",
  "views",
  "webhooks",
] as const;
export type TokenScope = (typeof TOKEN_SCOPES)[number];
/** api: of a program or a person, made by an administrator; browser: what a sign-in bought. */
export const LISTED_TOKEN_KINDS = ["api", "browser"] as const;
/**
 * Of a sign-in that a command line asked for: waiting → allowed → collected, by the command line, with its token;
 * waiting → refused, by a person, or allowed → refused, where their own sign-in ended first. Each but the last two ends by time.
 */
export const DEVICE_SIGN_IN_STATES = ["waiting", "allowed", "refused", "collected"] as const;
export type DeviceSignInState = (typeof DEVICE_SIGN_IN_STATES)[number];
/** Who an audit row's caller is; what people do is done by operators. */
export const CALLER_KINDS = ["operator", "runner", "launch", "archiver", "system"] as const;
export type CallerKind = (typeof CALLER_KINDS)[number];
/** What an audit row is about. */
export const AUDIT_TARGETS = [
  "run",
  "command",
  "session",
  "task",
  "queue",
  "bulk",
  "approval",
  "runner",
  "runner-job",
  "token",
  "device-sign-in",
  "archive",
  "volume",
  "backend",
  "view",
  "webhook",
  "schedule",
  "budget",
] as const;
export type AuditTarget = (typeof AUDIT_TARGETS)[number];
/** Coarse kinds of failure: v0.1's words first, then those added since. */
export const FAILURE_KINDS = [
  "schema-invalid",
  "infra-failed",
  "runner-lease-conflict",
  "cancelled",
  "session-store-evicted",
  "unauthenticated",
  "forbidden",
  "rate-limited",
  "runner-lost",
  "backend-failed",
  "approval-timeout",
  "storage-full",
  "timeout",
] as const;
/** The lists that are narrowed by a query, and whose queries can be saved as views. */
export const VIEW_PAGES = ["sessions", "runs", "queue", "runners", "approvals", "audit", "storage"] as const;
export type ViewPage = (typeof VIEW_PAGES)[number];
/** Views that one person, or one program, has at most. */
export const VIEWS_MAX = 100;
/** Rows of a view that are counted; where there are more it says so. */
export const VIEW_COUNT_MAX = 1_000;
/** The rows of a timeline. */
export const TIMELINE_LANES = ["attempts", "turns", "tools", "approvals", "archive"] as const;
export type TimelineLane = (typeof TIMELINE_LANES)[number];
/**
 * What a run's time goes by with: runner: there is work, and no runner has it; start: a runner has it, and the agent
 * does not work yet; work: a turn is under way; person: an approval waits; silence: a turn is under way, no tool runs,
 * and no event comes; idle: nothing is asked of the run.
 */
export const TIMELINE_CAUSES = ["runner", "start", "work", "person", "silence", "idle"] as const;
export type TimelineCause = (typeof TIMELINE_CAUSES)[number];
/** Longer than this without an event, in a turn in which no tool runs, counts as silence. */
export const TIMELINE_SILENCE_MS = 10_000;

/**
 * What a runner does: nothing (idle), a turn (busy), its last before it ends (draining); it was not heard of for two
 * beats (late), its lease ran out or is being taken from it and its run waits (lost), or it is gone (ended).
 */
export const RUNNER_STATES = ["idle", "busy", "draining", "late", "lost", "ended"] as const;
export type RunnerState = (typeof RUNNER_STATES)[number];
/** How a runner's hold on its run ended, or that it was given up after it had said nothing for long. */
export const RUNNER_END_KINDS = ["finished", "released", "lost", "silent"] as const;
export type RunnerEndKind = (typeof RUNNER_END_KINDS)[number];
/** Where a runner's build is not the server's: another commit, or another version of the protocol. */
export const RUNNER_SKEWS = ["build", "protocol"] as const;
export type RunnerSkew = (typeof RUNNER_SKEWS)[number];
/** What an operator may order of a runner. */
export const RUNNER_ACTIONS = ["drain", "resume", "revoke", "kill"] as const;
export type RunnerAction = (typeof RUNNER_ACTIONS)[number];
/** Beats that are kept of a runner. */
export const BEATS_KEPT = 60;
/** A runner says so often in the length of its lease that it lives. */
export const BEATS_A_LEASE = 4;
/**
 * live: read just now; kept: of an attempt that has ended, as it was then; gone: of an attempt of which nothing is left
 * to read; none: there was no attempt, or somebody else started its runner.
 */
export const RUN_JOB_SOURCES = ["live", "kept", "gone", "none"] as const;
export type RunJobSource = (typeof RUN_JOB_SOURCES)[number];
/** What an attempt writes logs in: a pod's containers, of which a local runner has the second alone. */
export const LOG_CONTAINERS = ["prepare", "runner"] as const;
export type LogContainer = (typeof LOG_CONTAINERS)[number];
export const LOG_LINES_MAX = 2_000;
/** What an id begins with, by the kind of what it is of. */
export const ID_PREFIX = {
  run: "run_",
  command: "cmd_",
  event: "evt_",
  runner: "runner_",
  runnerJob: "rjob_",
  task: "qt_",
  session: "ses_",
  approval: "apr_",
  attempt: "att_",
  audit: "aud_",
  token: "tok_",
  manifest: "man_",
  archiver: "arv_",
  bulk: "bulk_",
  modelCall: "mc_",
  view: "view_",
  webhook: "wh_",
  webhookDelivery: "whd_",
  schedule: "sch_",
  budget: "bgt_",
  ask: "ask_",
  attachment: "img_",
  deviceSignIn: "dsi_",
} as const;

/** How far back a profile's latency is told: a day by its hours, a week or a month by their days. */
export const LATENCY_WINDOWS = ["24h", "7d", "30d"] as const;
export type LatencyWindow = (typeof LATENCY_WINDOWS)[number];

/** What a webhook can be told of. A task is parked when its provider's limit is reached and it waits for a person or a time. */
export const WEBHOOK_EVENTS = [
  "turn.completed",
  "turn.failed",
  "turn.cancelled",
  "run.completed",
  "run.failed",
  "run.cancelled",
  "task.completed",
  "task.failed",
  "task.cancelled",
  "task.parked",
  "approval.requested",
  "approval.decided",
  "approval.superseded",
  "schedule.missed",
  "schedule.refused",
  "budget.near",
  "budget.reached",
] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];
/** What is sent to try a webhook. */
export const WEBHOOK_TEST = "webhook.test";
/** json: all that is told, for programs; chat: a sentence with a link, as Slack, Mattermost and others take it. */
export const WEBHOOK_FORMATS = ["json", "chat"] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];
/** pending: it is sent, or will be again; failed: it is tried no more by itself. */
export const DELIVERY_STATES = ["pending", "delivered", "failed"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];
/** Webhooks of one tenant, or of those who see every tenant. */
export const WEBHOOKS_MAX = 50;
/** Projects, and queues, that one webhook is narrowed to. */
export const WEBHOOK_NARROWED_MAX = 50;
/** Days that a delivery is kept, whatever became of it. */
export const DELIVERIES_KEPT_DAYS = 30;
/** Deliveries of a kind that are counted; where there are more it says so. */
export const DELIVERY_COUNT_MAX = 1_000;

/**
 * What a schedule does when its time comes and a task of before has not ended: it leaves this time out, adds one beside
 * it, or cancels it for a new one.
 */
export const SCHEDULE_OVERLAPS = ["skip", "allow", "replace"] as const;
export type ScheduleOverlap = (typeof SCHEDULE_OVERLAPS)[number];
/** created: a task was added; skipped: one of before had not ended; missed: it was noticed too late; refused: no task could be. */
export const FIRING_OUTCOMES = ["created", "skipped", "missed", "refused"] as const;
export type FiringOutcome = (typeof FIRING_OUTCOMES)[number];
/** Schedules of one tenant. */
export const SCHEDULES_MAX = 500;
/** Days that it is kept what came of a schedule's times. */
export const FIRINGS_KEPT_DAYS = 30;
/** Times that a plan is shown ahead. */
export const PREVIEWED_TIMES = 5;
/** What was missed longer ago than this is not made up for, unless a schedule says otherwise. */
export const CATCH_UP_DEFAULT_MS = 3_600_000;

/** What a budget counts where it counts no money. */
export const BUDGET_TOKENS = "tokens";
/** How long what is spent counts towards a budget: a day, week or month of UTC, or as long as one session is there. */
export const BUDGET_PERIODS = ["day", "week", "month", "session"] as const;
export type BudgetPeriodKind = (typeof BUDGET_PERIODS)[number];
/** hold: models are asked no more, and tasks wait; tell: people are told, and all goes on. */
export const BUDGET_ACTIONS = ["hold", "tell"] as const;
export type BudgetAction = (typeof BUDGET_ACTIONS)[number];
/** near: so much is spent that people are told. */
export const BUDGET_STATES = ["within", "near", "reached"] as const;
export type BudgetState = (typeof BUDGET_STATES)[number];
/** Budgets of one tenant. */
export const BUDGETS_MAX = 100;
