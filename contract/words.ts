/**
 * The contract's plain words, without schemas. The console imports them from here, so that no schema library reaches a
 * browser.
 */
export const RUN_STATUSES = ["pending", "claimed", "completed", "failed", "cancelled"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];
/**
 * What a run's end can be narrowed to beyond its status. failed: it failed, or it completed although its last turn
 * failed; turn-failed: the latter alone.
 */
export const RUN_OUTCOMES = ["failed", "turn-failed"] as const;
export type RunOutcome = (typeof RUN_OUTCOMES)[number];
export const TERMINAL_STATUSES = ["completed", "failed", "cancelled"] as const;
export type TerminalStatus = (typeof TERMINAL_STATUSES)[number];
export const SANDBOX_MODES = ["read-only", "workspace-write", "danger-full-access"] as const;
export const APPROVAL_POLICIES = ["never", "on-request", "untrusted"] as const;

export function isTerminal(status: string): status is TerminalStatus {
  return (TERMINAL_STATUSES as readonly string[]).includes(status);
}
export const TASK_STATES = ["pending", "dispatched", "running", "completed", "failed", "cancelled"] as const;
export type TaskState = (typeof TASK_STATES)[number];

/** The screen's own order, or latest change first. */
export const TASK_SORTS = ["priority", "updatedAt"] as const;

/** The payload keys that callers use for the prompt; the first with a text counts. */
const PROMPT_KEYS = ["text", "prompt", "message"] as const;

/** Returns the prompt in a payload; undefined where there is none. */
export function promptIn(payload: Record<string, unknown>): string | undefined {
  const texts = PROMPT_KEYS.map((key) => payload[key]);
  return texts.find((text): text is string => typeof text === "string" && text.trim() !== "");
}

/** Whether a task in this state holds the slots of its limits. */
export function isActiveTask(state: TaskState): boolean {
  return state === "dispatched" || state === "running";
}
/** The kinds of records that a bulk action can be applied to. */
export const BULK_KINDS = ["task", "run", "session", "volume", "approval", "runner"] as const;
export type BulkKind = (typeof BULK_KINDS)[number];
/** The actions available for each kind. Approvals are given one by one; a volume is addressed by its session's id. */
export const BULK_ACTIONS = {
  task: ["cancel", "retry", "reprioritise", "move"],
  run: ["cancel", "retry"],
  session: ["read", "unread", "interrupt", "cancel", "extend", "pin", "unpin", "evict", "delete"],
  volume: ["extend", "pin", "unpin", "evict"],
  approval: ["deny"],
  runner: ["drain", "resume", "revoke"],
} as const;
export type BulkVerb = (typeof BULK_ACTIONS)[BulkKind][number];
/** The actions that delete something. A caller must name how many targets they would change. */
export const BULK_CONFIRMED: readonly BulkVerb[] = ["evict", "delete"];
/** Days that a bulk action and its results are kept after its end. The audit log keeps its row for ever. */
export const BULK_KEPT_DAYS = 30;
/** The result for one target; a `refused` result comes with the reason. */
export const BULK_OUTCOMES = ["done", "unchanged", "refused"] as const;
export type BulkOutcome = (typeof BULK_OUTCOMES)[number];
/** The filters for a bulk action's targets: an outcome, or none yet. */
export const BULK_RESULT_SORTS = [...BULK_OUTCOMES, "waiting"] as const;
export type BulkResultSort = (typeof BULK_RESULT_SORTS)[number];
/** The actions that can be undone, and the action that undoes each. */
export const BULK_UNDO: { [Verb in BulkVerb]?: BulkVerb } = {
  read: "unread",
  unread: "read",
  pin: "unpin",
  unpin: "pin",
  drain: "resume",
  resume: "drain",
};
/**
 * open: dispatched within its limits; paused: nothing is dispatched; draining: waiting tasks are dispatched, and no
 * task can be added.
 */
export const CONTROL_STATES = ["open", "paused", "draining"] as const;
export type ControlState = (typeof CONTROL_STATES)[number];
/** What happens to a task whose provider's usage limit is reached, once the limit has ended. */
export const ON_USAGE_LIMIT = ["resume", "ask"] as const;
/**
 * What happens to a task when one that it depends on has failed or was cancelled: it waits for a person, fails too, or
 * starts anyway.
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
 * The lifecycle that makes moves between v0.1's three kinds safe: none → creating → live → archiving → deleting →
 * evicted → restoring → live.
 */
export const STORAGE_STATES = ["none", "creating", "live", "archiving", "deleting", "evicted", "restoring"] as const;
export type StorageState = (typeof STORAGE_STATES)[number];
export const STORAGE_POLICIES = ["archive", "discard"] as const;
/** Last changed first, largest first, or soonest to expire first. */
export const STORAGE_SORTS = ["updatedAt", "sizeBytes", "expiresAt"] as const;
export type StorageSort = (typeof STORAGE_SORTS)[number];
/**
 * States of an order to archive a volume: waiting → launching → running → ending. After that the order is done, or
 * waits again after a failed try. From `launching` to the end of `ending` an archiver may hold the volume, and no
 * runner is started on it.
 */
export const ARCHIVE_ORDER_STATES = ["waiting", "launching", "running", "ending"] as const;
export type ArchiveOrderState = (typeof ARCHIVE_ORDER_STATES)[number];
/** Whether the newest archive holds the last turn or only an earlier one, or there is no archive. */
export const ARCHIVE_STANDINGS = ["current", "behind", "none"] as const;
export const ARCHIVE_ORDERERS = ["collection", "person"] as const;
export type ArchiveOrderer = (typeof ARCHIVE_ORDERERS)[number];
export const FILE_KINDS = ["folder", "file", "link"] as const;
export type FileKind = (typeof FILE_KINDS)[number];
/** Why an archive lacks something that its volume holds. */
export const OMITTED_REASONS = ["too-large", "special-file", "odd-name", "too-many", "changed", "unreadable"] as const;
export type OmittedReason = (typeof OMITTED_REASONS)[number];
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
 * before reporting whether the decision was applied; it is never applied to another request).
 */
export const APPROVAL_STATUSES = ["pending", "decided", "applied", "superseded", "ambiguous"] as const;
export type ApprovalStatus = (typeof APPROVAL_STATUSES)[number];
export const APPROVAL_KINDS = ["command", "file_change", "permissions"] as const;
export type ApprovalKind = (typeof APPROVAL_KINDS)[number];
export const APPROVAL_SORTS = ["newest", "oldest"] as const;
/** The real codex with a scripted model that the product serves itself. */
export const DEMO_PROFILE = "demo";
export const ROLES = ["viewer", "operator", "admin"] as const;
export type Role = (typeof ROLES)[number];
/** The scopes of tokens: groups of procedures, and the metrics. */
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
  "files",
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
/** In a one-time link's fragment, the name of its token. */
export const LINK_FRAGMENT = "link";
export type TokenScope = (typeof TOKEN_SCOPES)[number];
/** api: made by an administrator for a program or a person; browser: issued to a browser by a sign-in. */
export const LISTED_TOKEN_KINDS = ["api", "browser"] as const;
/**
 * States of a command line's sign-in: waiting → allowed → collected, when the command line fetches its token; waiting →
 * refused, by a person; or allowed → refused, when that person's own sign-in ended first. `waiting` and `allowed`
 * expire.
 */
export const DEVICE_SIGN_IN_STATES = ["waiting", "allowed", "refused", "collected"] as const;
export type DeviceSignInState = (typeof DEVICE_SIGN_IN_STATES)[number];
/** The kinds of caller in the audit log. `operator` covers what people do. */
export const CALLER_KINDS = ["operator", "runner", "launch", "archiver", "system"] as const;
export type CallerKind = (typeof CALLER_KINDS)[number];
/** The kinds of record that an audit row can be about. */
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
  "attachment",
] as const;
export type AuditTarget = (typeof AUDIT_TARGETS)[number];
/** Coarse kinds of failure: v0.1's words first, then later additions. */
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
/** The lists that a query can narrow, and whose queries can be saved as views. */
export const VIEW_PAGES = ["sessions", "runs", "queue", "runners", "approvals", "audit", "storage"] as const;
export type ViewPage = (typeof VIEW_PAGES)[number];
/** Maximum views of one person or program. */
export const VIEWS_MAX = 100;
/** The count of a view's rows stops here; the response says when there are more. */
export const VIEW_COUNT_MAX = 1_000;
/** The rows of a timeline. */
export const TIMELINE_LANES = ["attempts", "turns", "tools", "approvals", "archive"] as const;
export type TimelineLane = (typeof TIMELINE_LANES)[number];
/**
 * The causes that a run's time is divided among. runner: there is work, and no runner has it. start: a runner has it,
 * and the agent does not work yet. work: a turn is running. person: an approval waits. silence: a turn is running, no
 * tool runs, and no event arrives. idle: nothing is asked of the run.
 */
export const TIMELINE_CAUSES = ["runner", "start", "work", "person", "silence", "idle"] as const;
export type TimelineCause = (typeof TIMELINE_CAUSES)[number];
/** A longer time without an event, in a turn in which no tool runs, counts as silence. */
export const TIMELINE_SILENCE_MS = 10_000;

/**
 * idle: has no turn; busy: runs a turn; draining: runs its last turn before it ends; late: missed two beats; lost: its
 * lease ran out or is being taken from it, and its run waits; ended: gone.
 */
export const RUNNER_STATES = ["idle", "busy", "draining", "late", "lost", "ended"] as const;
export type RunnerState = (typeof RUNNER_STATES)[number];
/** How a runner's hold on its run ended; `silent`: given up after a long silence. */
export const RUNNER_END_KINDS = ["finished", "released", "lost", "silent"] as const;
export type RunnerEndKind = (typeof RUNNER_END_KINDS)[number];
/** How a runner's build differs from the server's: in commit, or in protocol version. */
export const RUNNER_SKEWS = ["build", "protocol"] as const;
export type RunnerSkew = (typeof RUNNER_SKEWS)[number];
/** The orders that an operator can give to a runner. */
export const RUNNER_ACTIONS = ["drain", "resume", "revoke", "kill"] as const;
export type RunnerAction = (typeof RUNNER_ACTIONS)[number];
/** Number of beats kept for each runner. */
export const BEATS_KEPT = 60;
/** Number of beats that a runner sends in the length of its lease. */
export const BEATS_PER_LEASE = 4;
/**
 * live: read just now; kept: of an ended attempt, as recorded at its end; gone: nothing is left of the attempt to read;
 * none: there was no attempt, or somebody else started its runner.
 */
export const RUN_JOB_SOURCES = ["live", "kept", "gone", "none"] as const;
export type RunJobSource = (typeof RUN_JOB_SOURCES)[number];
/** The containers of a pod that write logs; a local runner has only the second. */
export const LOG_CONTAINERS = ["prepare", "runner"] as const;
export type LogContainer = (typeof LOG_CONTAINERS)[number];
export const LOG_LINES_MAX = 2_000;
/** The prefix of ids, by the kind of record. */
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

/** The periods for a profile's latency: a day in hours, a week or a month in days. */
export const LATENCY_WINDOWS = ["24h", "7d", "30d"] as const;
export type LatencyWindow = (typeof LATENCY_WINDOWS)[number];

/**
 * The events that a webhook can be sent. A task is parked when its provider's limit is reached and it waits for a
 * person or a time. A task is held when one of its dependencies failed and it waits for a person.
 */
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
  "task.held",
  "approval.requested",
  "approval.decided",
  "approval.superseded",
  "schedule.missed",
  "schedule.refused",
  "budget.near",
  "budget.reached",
  "session.created",
  "session.renamed",
  "session.deleted",
  "volume.evicted",
  "volume.restored",
  "archive.failed",
  "runner.lost",
  "backend.unavailable",
  "backend.available",
] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];
/** The type of the message that tests a webhook. */
export const WEBHOOK_TEST = "webhook.test";
/** json: the whole event, for programs; chat: a sentence with a link, as accepted by Slack, Mattermost and others. */
export const WEBHOOK_FORMATS = ["json", "chat"] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];
/** pending: being sent, or to be sent again; failed: not tried again by itself. */
export const DELIVERY_STATES = ["pending", "delivered", "failed"] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];
/** Maximum webhooks of one tenant, or of all callers who see every tenant. */
export const WEBHOOKS_MAX = 50;
/** Maximum projects, and maximum queues, that one webhook is narrowed to. */
export const WEBHOOK_NARROWED_MAX = 50;
/** Days that a delivery is kept, whatever its result. */
export const DELIVERIES_KEPT_DAYS = 30;
/** The count of deliveries of a kind stops here; the response says when there are more. */
export const DELIVERY_COUNT_MAX = 1_000;

/**
 * What a schedule does when its time comes and its previous task has not ended: skip this time, add a task beside it,
 * or cancel it for the new one.
 */
export const SCHEDULE_OVERLAPS = ["skip", "allow", "replace"] as const;
export type ScheduleOverlap = (typeof SCHEDULE_OVERLAPS)[number];
/**
 * created: a task was added; skipped: the previous one had not ended; missed: the time was noticed too late; refused:
 * the task could not be added.
 */
export const FIRING_OUTCOMES = ["created", "skipped", "missed", "refused"] as const;
export type FiringOutcome = (typeof FIRING_OUTCOMES)[number];
/** Maximum schedules of one tenant. */
export const SCHEDULES_MAX = 500;
/** Days that the results of a schedule's times are kept. */
export const FIRINGS_KEPT_DAYS = 30;
/** Number of future times shown for a plan. */
export const PREVIEWED_TIMES = 5;
/** Times missed longer ago than this are not made up for, unless the schedule sets its own limit. */
export const CATCH_UP_DEFAULT_MS = 3_600_000;

/** The unit of a budget that does not count money. */
export const BUDGET_TOKENS = "tokens";
/** How long spending counts towards a budget: for a day, week or month of UTC, or for the lifetime of one session. */
export const BUDGET_PERIODS = ["day", "week", "month", "session"] as const;
export type BudgetPeriodKind = (typeof BUDGET_PERIODS)[number];
/** hold: models are not called any more, and tasks wait; tell: people are told, and work continues. */
export const BUDGET_ACTIONS = ["hold", "tell"] as const;
export type BudgetAction = (typeof BUDGET_ACTIONS)[number];
/** near: spending has reached the share of the limit at which people are told. */
export const BUDGET_STATES = ["within", "near", "reached"] as const;
export type BudgetState = (typeof BUDGET_STATES)[number];
/** Maximum budgets of one tenant. */
export const BUDGETS_MAX = 100;

/** Days that one summary of usage covers at most. */
export const USAGE_DAYS_MAX = 366;
