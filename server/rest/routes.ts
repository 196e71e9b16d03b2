import type { z } from "zod";
import { Approval, ApprovalPage } from "@/contract/approval";
import { Attachment, AttachmentPage } from "@/contract/attachment";
import { AuditPage } from "@/contract/audit";
import { Backend, BackendDetails, BackendList, BackendProbe } from "@/contract/backend";
import { Budget, BudgetPage, BudgetPeriod, BudgetPeriodPage, BudgetsOfSession, DeletedBudget } from "@/contract/budget";
import { BulkAction, BulkActionPage, BulkOutcomes, BulkPreview, BulkResultPage } from "@/contract/bulk";
import { Command, CommandPage } from "@/contract/command";
import { DependencyResultList } from "@/contract/dependency-result";
import { DevicePoll, DeviceSignIn, DeviceSignInBegun } from "@/contract/device-sign-in";
import { Doc, DocList, DocMatches } from "@/contract/docs";
import { AppendAnswer, EventPage, FoundEventPage, RunEvent } from "@/contract/event";
import { Health, ServerFacts } from "@/contract/health";
import { CreatedToken, Identity, OwnTokens, RevokedToken, TokenPage } from "@/contract/identity";
import { IMAGE_TYPES } from "@/contract/image";
import { Overview } from "@/contract/overview";
import {
  CreateTasksResult,
  QueueStats,
  QueueTask,
  QueueTaskDetail,
  QueueTaskPage,
  TaskAttemptPage,
  TaskExplanation,
  TaskReadMark,
  TaskReadMarks,
  TaskTrial,
} from "@/contract/queue";
import {
  QueueCommander,
  QueueHistory,
  QueueVerification,
  QueueWaitsByHour,
  QueueWaitTimes,
} from "@/contract/queue-commander";
import { QueueControl, QueueControlList } from "@/contract/queue-control";
import { TaskGraph } from "@/contract/queue-graph";
import { ClaimedRun, HeartbeatAnswer, Run, RunOutcomes, RunPage, RunStats } from "@/contract/run";
import { RunJob, RunLog } from "@/contract/run-job";
import { Runner, RunnerHistory, RunnerJob, RunnerJobPage, RunnerPage, RunnerStats } from "@/contract/runner";
import {
  DeletedSchedule,
  Schedule,
  ScheduleFiring,
  ScheduleFiringPage,
  SchedulePage,
  SchedulePreview,
} from "@/contract/schedule";
import { ReadMark, Session, SessionDigests, SessionPage, SessionSummary, TracePage } from "@/contract/session";
import { SignInMethods } from "@/contract/sso";
import { ServerStatus } from "@/contract/status";
import {
  DeletedVolume,
  GcHistoryPage,
  GcReport,
  GcSchedule,
  OrphanList,
  StoragePage,
  StorageSummary,
  VolumeSizes,
} from "@/contract/storage";
import { TimelinePage } from "@/contract/timeline";
import { TurnPage } from "@/contract/turns";
import { ModelCallPage, UsageLatency, UsageOf, UsageSummary, UsageVerification } from "@/contract/usage";
import { View, ViewCountPage, ViewPageOf } from "@/contract/view";
import {
  DeletedWebhook,
  Redelivered,
  Webhook,
  WebhookDelivery,
  WebhookDeliveryPage,
  WebhookPage,
  WebhookWithSecret,
} from "@/contract/webhook";

export type Method = "GET" | "POST" | "PATCH" | "DELETE";

/** One REST route: the procedure that answers it does all the work, input checks and permissions included. */
export type Route = {
  method: Method;
  /** Below /api/v1, with `{name}` for a part that becomes the input's `name`. */
  path: string;
  procedure: string;
  answer: z.ZodType;
  summary: string;
  /** What plain bytes its body may be instead of JSON; the rest of the input stands in the query then. */
  bodyTypes?: readonly string[];
};

function route(
  method: Method,
  path: string,
  procedure: string,
  more: Pick<Route, "answer" | "summary" | "bodyTypes">,
): Route {
  return { method, path, procedure, ...more };
}

export const ROUTES: readonly Route[] = [
  route("POST", "/runs", "runs.create", { answer: Run, summary: "Create a run" }),
  route("GET", "/runs", "runs.list", { answer: RunPage, summary: "List runs, the newest first" }),
  route("GET", "/runs/outcomes", "runs.outcomes", { answer: RunOutcomes, summary: "How runs ended, by the hour" }),
  route("GET", "/runs/stats", "runs.stats", { answer: RunStats, summary: "Failures of late, by kind" }),
  route("GET", "/runs/{runId}", "runs.get", { answer: Run, summary: "Get a run" }),
  route("GET", "/runs/{runId}/timeline", "runs.timeline", {
    answer: TimelinePage,
    summary: "What a run did when, and what its time went by with",
  }),
  route("GET", "/runs/{runId}/turns", "runs.turns", {
    answer: TurnPage,
    summary: "List a run's turns, with what each took and what was last said",
  }),
  route("GET", "/runs/{runId}/job", "runs.job", {
    answer: RunJob,
    summary: "What is known of the Job and pod, or the process, of a run's attempt",
  }),
  route("GET", "/runs/{runId}/log", "runs.log", { answer: RunLog, summary: "The end of the log of a run's attempt" }),
  route("GET", "/runs/{runId}/changes", "runs.changes", {
    answer: EventPage,
    summary: "List the events that tell of changed files",
  }),
  route("POST", "/runs/{runId}/claim", "runs.claim", { answer: ClaimedRun, summary: "Claim a run for a runner" }),
  route("POST", "/runs/{runId}/heartbeat", "runs.heartbeat", { answer: HeartbeatAnswer, summary: "Extend a lease" }),
  route("POST", "/runs/{runId}/finish", "runs.finish", { answer: Run, summary: "Finish a run" }),
  route("POST", "/runs/{runId}/release", "runs.release", { answer: Run, summary: "Give a lease back" }),
  route("POST", "/runs/{runId}/cancel", "runs.cancel", { answer: Run, summary: "Cancel a run" }),
  route("POST", "/runs/{runId}/log-bodies", "runs.logBodies", {
    answer: Run,
    summary: "Log what a run's agent and its model say to each other, for a while",
  }),
  route("POST", "/runs/{runId}/force-release", "runs.forceRelease", {
    answer: Run,
    summary: "Take a run from an attempt whose end cannot be confirmed",
  }),
  route("POST", "/runs/{runId}/commands", "commands.create", { answer: Command, summary: "Give a run a command" }),
  route("GET", "/runs/{runId}/commands", "commands.list", { answer: CommandPage, summary: "List a run's commands" }),
  route("GET", "/commands/{commandId}", "commands.get", { answer: Command, summary: "Get a command" }),
  route("POST", "/commands/{commandId}/ack", "commands.ack", { answer: Command, summary: "Acknowledge a command" }),
  route("POST", "/commands/{commandId}/finish", "commands.finish", { answer: Command, summary: "Finish a command" }),
  route("POST", "/commands/{commandId}/cancel", "commands.cancel", { answer: Command, summary: "Cancel a command" }),
  route("POST", "/runs/{runId}/events", "events.append", { answer: AppendAnswer, summary: "Append a batch of events" }),
  route("GET", "/runs/{runId}/events", "events.list", {
    answer: EventPage,
    summary: "List a run's events after a seq",
  }),
  route("GET", "/runs/{runId}/events/search", "events.search", {
    answer: FoundEventPage,
    summary: "Search a run's events, the newest first, a part of them by each page",
  }),
  route("GET", "/events/{eventId}", "events.get", { answer: RunEvent, summary: "Get an event" }),
  route("POST", "/runs/{runId}/runner-jobs", "runnerJobs.launch", { answer: RunnerJob, summary: "Launch a runner" }),
  route("GET", "/runs/{runId}/runner-jobs", "runnerJobs.list", {
    answer: RunnerJobPage,
    summary: "List a run's runner jobs",
  }),
  route("GET", "/runner-jobs/{runnerJobId}", "runnerJobs.get", { answer: RunnerJob, summary: "Get a runner job" }),
  route("POST", "/runners", "runners.register", { answer: Runner, summary: "Register a runner" }),
  route("GET", "/runners", "runners.list", { answer: RunnerPage, summary: "List runners" }),
  route("GET", "/runner-stats", "runners.stats", {
    answer: RunnerStats,
    summary: "How many runners live, what they do, and where they are",
  }),
  route("GET", "/runner-history", "runners.history", {
    answer: RunnerHistory,
    summary: "How many runners lived and worked, and how long their beats took",
  }),
  route("POST", "/runners/{runnerId}/drain", "runners.drain", {
    answer: Runner,
    summary: "Have a runner end after its turn, and take nothing more",
  }),
  route("POST", "/runners/{runnerId}/resume", "runners.resume", {
    answer: Runner,
    summary: "Take back that a runner is to be drained",
  }),
  route("POST", "/runners/{runnerId}/revoke", "runners.revoke", {
    answer: Runner,
    summary: "Take nothing more of a runner, and hand its run on",
  }),
  route("POST", "/runners/{runnerId}/kill", "runners.kill", {
    answer: Runner,
    summary: "End a runner's process with all that it started",
  }),
  route("GET", "/runners/{runnerId}", "runners.get", { answer: Runner, summary: "Get a runner" }),
  route("POST", "/sessions", "sessions.create", { answer: SessionSummary, summary: "Create a session and its volume" }),
  route("GET", "/sessions", "sessions.list", { answer: SessionPage, summary: "List sessions" }),
  route("GET", "/session-digests", "sessions.digests", {
    answer: SessionDigests,
    summary: "Tell of some sessions what their calls took and what was said last",
  }),
  route("POST", "/sessions/storage/gc", "storage.gc", { answer: GcReport, summary: "Collect expired storage" }),
  route("GET", "/sessions/{sessionId}", "sessions.get", { answer: SessionSummary, summary: "Get a session" }),
  route("PATCH", "/sessions/{sessionId}", "sessions.update", { answer: SessionSummary, summary: "Change a session" }),
  route("DELETE", "/sessions/{sessionId}", "sessions.delete", {
    answer: SessionSummary,
    summary: "Delete a session with all that it owns",
  }),
  route("POST", "/sessions/{sessionId}/fork", "sessions.fork", {
    answer: SessionSummary,
    summary: "Make a session that goes on from another's newest archive",
  }),
  route("GET", "/sessions/{sessionId}/trace", "sessions.trace", { answer: TracePage, summary: "Every event of a run" }),
  route("GET", "/sessions/{sessionId}/output", "sessions.output", { answer: TracePage, summary: "The agent's output" }),
  route("POST", "/sessions/{sessionId}/attachments", "attachments.create", {
    answer: Attachment,
    summary: "Upload an image that messages of a session may show",
    bodyTypes: [...IMAGE_TYPES, "application/octet-stream"],
  }),
  route("GET", "/sessions/{sessionId}/attachments", "attachments.list", {
    answer: AttachmentPage,
    summary: "List a session's images, the oldest first",
  }),
  route("GET", "/attachments/{attachmentId}", "attachments.get", {
    answer: Attachment,
    summary: "Get what is known of an image",
  }),
  route("POST", "/sessions/{sessionId}/read", "sessions.markRead", { answer: ReadMark, summary: "Mark as read" }),
  route("GET", "/sessions/{sessionId}/storage", "storage.get", { answer: StorageSummary, summary: "Get the storage" }),
  route("GET", "/sessions/{sessionId}/storage/sizes", "storage.sizes", {
    answer: VolumeSizes,
    summary: "How a session's volume grew",
  }),
  route("DELETE", "/sessions/{sessionId}/storage", "storage.evict", { answer: StorageSummary, summary: "Evict it" }),
  route("POST", "/sessions/{sessionId}/storage/refresh", "storage.refresh", {
    answer: StorageSummary,
    summary: "Report what a volume holds",
  }),
  route("POST", "/sessions/{sessionId}/storage/restore", "storage.restore", {
    answer: StorageSummary,
    summary: "Restore storage from its archive",
  }),
  route("POST", "/sessions/{sessionId}/storage/archive", "storage.archive", {
    answer: StorageSummary,
    summary: "Archive a volume that no run has claimed",
  }),
  route("POST", "/sessions/{sessionId}/storage/force-release", "storage.forceRelease", {
    answer: StorageSummary,
    summary: "Take a volume from an archiver whose end cannot be confirmed",
  }),
  route("POST", "/sessions/{sessionId}/storage/pin", "storage.pin", {
    answer: StorageSummary,
    summary: "Keep a volume from every collection",
  }),
  route("POST", "/sessions/{sessionId}/storage/unpin", "storage.unpin", {
    answer: StorageSummary,
    summary: "Leave a volume to its expiry again",
  }),
  route("POST", "/sessions/{sessionId}/storage/extend", "storage.extend", {
    answer: StorageSummary,
    summary: "Let a session expire later",
  }),
  route("GET", "/storage", "storage.list", { answer: StoragePage, summary: "List sessions' storage, with totals" }),
  route("GET", "/storage/history", "storage.history", {
    answer: GcHistoryPage,
    summary: "List collections that took something or were kept from it, the newest first",
  }),
  route("POST", "/storage/gc/pause", "storage.pauseGc", {
    answer: GcSchedule,
    summary: "Stop every collection of storage, with a reason",
  }),
  route("POST", "/storage/gc/resume", "storage.resumeGc", {
    answer: GcSchedule,
    summary: "Let collections of storage go on",
  }),
  route("GET", "/storage/orphans", "storage.orphans", {
    answer: OrphanList,
    summary: "List volumes that no session uses",
  }),
  route("POST", "/storage/orphans/{name}/adopt", "storage.adopt", {
    answer: Session,
    summary: "Make the session of a volume that has none",
  }),
  route("DELETE", "/storage/orphans/{name}", "storage.delete", {
    answer: DeletedVolume,
    summary: "Delete a volume that no session uses",
  }),
  route("POST", "/queue/tasks", "queue.createTask", { answer: QueueTask, summary: "Enqueue a task" }),
  route("POST", "/queue/tasks/batch", "queue.createTasks", {
    answer: CreateTasksResult,
    summary: "Enqueue up to 1,000 tasks, each with its own result",
  }),
  route("POST", "/queue/tasks/simulate", "queue.simulateTask", {
    answer: TaskTrial,
    summary: "What would become of a task if it was added now; nothing is",
  }),
  route("GET", "/queue/tasks", "queue.listTasks", {
    answer: QueueTaskPage,
    summary: "List tasks, the most urgent first",
  }),
  route("GET", "/queue/tasks/{taskId}", "queue.getTask", { answer: QueueTaskDetail, summary: "Get a task" }),
  route("POST", "/queue/tasks/{taskId}/attempt", "queue.updateAttempt", {
    answer: QueueTask,
    summary: "Record what a task's attempt does",
  }),
  route("POST", "/queue/tasks/{taskId}/cancel", "queue.cancelTask", { answer: QueueTask, summary: "Cancel a task" }),
  route("PATCH", "/queue/tasks/{taskId}", "queue.updateTask", {
    answer: QueueTask,
    summary: "Change how a task waits",
  }),
  route("POST", "/queue/tasks/{taskId}/retry", "queue.retryTask", { answer: QueueTask, summary: "Run a task again" }),
  route("GET", "/queue/tasks/{taskId}/attempts", "queue.listAttempts", {
    answer: TaskAttemptPage,
    summary: "List a task's attempts, the newest first",
  }),
  route("GET", "/queue/tasks/{taskId}/dependency-results", "queue.listDependencyResults", {
    answer: DependencyResultList,
    summary: "What those found out that a task comes after",
  }),
  route("GET", "/queue/tasks/{taskId}/explain", "queue.explain", {
    answer: TaskExplanation,
    summary: "Why a task waits, and for how long",
  }),
  route("GET", "/queue/tasks/{taskId}/graph", "queue.graph", {
    answer: TaskGraph,
    summary: "What a task comes after and what comes after it, over all steps",
  }),
  route("GET", "/queue/controls", "queue.listControls", {
    answer: QueueControlList,
    summary: "List queues and lanes with their limits",
  }),
  route("POST", "/queue/controls", "queue.setControl", {
    answer: QueueControl,
    summary: "Set the limits of a queue or lane",
  }),
  route("POST", "/queue/controls/pause", "queue.pause", { answer: QueueControl, summary: "Dispatch nothing of it" }),
  route("POST", "/queue/controls/resume", "queue.resume", { answer: QueueControl, summary: "Dispatch it again" }),
  route("POST", "/queue/controls/drain", "queue.drain", {
    answer: QueueControl,
    summary: "Dispatch what waits, and take no more",
  }),
  route("POST", "/queue/tasks/{taskId}/read", "queue.markTaskRead", { answer: TaskReadMark, summary: "Mark as read" }),
  route("POST", "/queue/tasks/read", "queue.markTasksRead", {
    answer: TaskReadMarks,
    summary: "Mark many as read, by ids or by a filter",
  }),
  route("GET", "/queue/stats", "queue.stats", { answer: QueueStats, summary: "Counts of tasks" }),
  route("GET", "/queue/commander", "queue.commander", {
    answer: QueueCommander,
    summary: "What needs a person, counts, waits, and the first tasks",
  }),
  route("GET", "/queue/waits", "queue.waits", { answer: QueueWaitTimes, summary: "How long tasks waited of late" }),
  route("GET", "/queue/waits/by-hour", "queue.waitsByHour", {
    answer: QueueWaitsByHour,
    summary: "How long tasks waited in each hour of the last days",
  }),
  route("GET", "/queue/history", "queue.history", { answer: QueueHistory, summary: "Lanes' depths and flow by time" }),
  route("GET", "/queue/verify", "queue.verify", {
    answer: QueueVerification,
    summary: "Whether the counters equal a count of the table",
  }),
  route("POST", "/runs/{runId}/approvals", "approvals.request", { answer: Approval, summary: "Ask for an approval" }),
  route("GET", "/approvals", "approvals.list", {
    answer: ApprovalPage,
    summary: "List approvals and who asks, the newest or oldest first",
  }),
  route("GET", "/approvals/{approvalId}", "approvals.get", { answer: Approval, summary: "Get an approval" }),
  route("POST", "/approvals/{approvalId}/decide", "approvals.decide", { answer: Approval, summary: "Decide it, once" }),
  route("GET", "/overview", "overview.get", {
    answer: Overview,
    summary: "What needs a person, and how everything stands",
  }),
  route("GET", "/backends", "backends.list", { answer: BackendList, summary: "List backend profiles" }),
  route("GET", "/backends/{profile}", "backends.get", {
    answer: BackendDetails,
    summary: "Get a backend profile and what uses it",
  }),
  route("POST", "/backends/{profile}/test", "backends.test", {
    answer: BackendProbe,
    summary: "Try a profile's provider now",
  }),
  route("GET", "/backends/{profile}/latency", "usage.latency", {
    answer: UsageLatency,
    summary: "How long a profile's calls took and how they ended, by the hour or day",
  }),
  route("PATCH", "/backends/{profile}", "backends.set", { answer: Backend, summary: "Set what a profile may run" }),
  route("GET", "/runs/{runId}/usage", "usage.ofRun", { answer: UsageOf, summary: "What a run's calls to models took" }),
  route("GET", "/sessions/{sessionId}/usage", "usage.ofSession", {
    answer: UsageOf,
    summary: "What a session's calls to models took",
  }),
  route("GET", "/queue/tasks/{taskId}/usage", "usage.ofTask", {
    answer: UsageOf,
    summary: "What the calls of a task's attempts took",
  }),
  route("POST", "/bulk", "bulk.create", {
    answer: BulkAction,
    summary: "Do one thing to many tasks, runs, sessions or approvals",
  }),
  route("POST", "/bulk/preview", "bulk.preview", {
    answer: BulkPreview,
    summary: "What such an action would be about, and what it would leave and why",
  }),
  route("GET", "/bulk", "bulk.list", { answer: BulkActionPage, summary: "List bulk actions, the newest first" }),
  route("GET", "/bulk/{bulkId}", "bulk.get", { answer: BulkAction, summary: "How far a bulk action is" }),
  route("GET", "/bulk/{bulkId}/outcomes", "bulk.outcomes", {
    answer: BulkOutcomes,
    summary: "Why it did nothing to some, what followed it, and how long that is kept",
  }),
  route("GET", "/bulk/{bulkId}/results", "bulk.results", {
    answer: BulkResultPage,
    summary: "List what became of each",
  }),
  route("POST", "/bulk/{bulkId}/abort", "bulk.abort", { answer: BulkAction, summary: "Deal with no further one" }),
  route("POST", "/bulk/{bulkId}/retry", "bulk.retry", {
    answer: BulkAction,
    summary: "Try again what was refused of it",
  }),
  route("POST", "/bulk/{bulkId}/undo", "bulk.undo", { answer: BulkAction, summary: "Take back what it did" }),
  route("GET", "/usage", "usage.summary", {
    answer: UsageSummary,
    summary: "What calls to models took, by profile, model, project, day and more",
  }),
  route("GET", "/usage/calls", "usage.calls", {
    answer: ModelCallPage,
    summary: "List calls to models, the newest first",
  }),
  route("GET", "/usage/verify", "usage.verify", {
    answer: UsageVerification,
    summary: "Whether days' sums equal their calls",
  }),
  route("GET", "/health", "health.get", { answer: Health, summary: "Whether this server can serve" }),
  route("GET", "/server", "health.facts", { answer: ServerFacts, summary: "What this server is, and its limits" }),
  route("GET", "/status", "health.status", {
    answer: ServerStatus,
    summary: "How the server, its worker's loops and what they reach stand now",
  }),
  route("GET", "/sign-in-methods", "identity.signInMethods", {
    answer: SignInMethods,
    summary: "How people sign in, beside links and tokens",
  }),
  route("GET", "/me", "identity.me", { answer: Identity, summary: "Who the caller is" }),
  route("GET", "/me/tokens", "identity.ownTokens", {
    answer: OwnTokens,
    summary: "List the tokens that the caller's own sign-in has made for programs",
  }),
  route("POST", "/me/tokens", "identity.createOwnToken", {
    answer: CreatedToken,
    summary: "Make a token that ends with the caller's own sign-in; its secret is in this answer alone",
  }),
  route("POST", "/me/tokens/{tokenId}/revoke", "identity.revokeOwnToken", {
    answer: RevokedToken,
    summary: "End a token of the caller's own sign-in",
  }),
  route("POST", "/device-sign-ins", "identity.startDeviceSignIn", {
    answer: DeviceSignInBegun,
    summary: "Begin the sign-in of a command line, which a person allows in their browser",
  }),
  route("POST", "/device-sign-ins/poll", "identity.pollDeviceSignIn", {
    answer: DevicePoll,
    summary: "Ask what became of a command line's sign-in; its token is told once",
  }),
  route("GET", "/device-sign-ins/{userCode}", "identity.deviceSignIn", {
    answer: DeviceSignIn,
    summary: "What asks to sign in under a code",
  }),
  route("POST", "/device-sign-ins/{userCode}/decide", "identity.decideDeviceSignIn", {
    answer: DeviceSignIn,
    summary: "Allow or refuse the sign-in of a command line, in a browser",
  }),
  route("GET", "/tokens", "identity.tokens", { answer: TokenPage, summary: "List tokens that sign somebody in" }),
  route("POST", "/tokens", "identity.createToken", {
    answer: CreatedToken,
    summary: "Make a token; its secret is told once",
  }),
  route("POST", "/tokens/{tokenId}/revoke", "identity.revokeToken", {
    answer: RevokedToken,
    summary: "End a token, and the browsers that signed in by it",
  }),
  route("GET", "/audit", "audit.list", { answer: AuditPage, summary: "Who did what, the newest first" }),
  route("GET", "/views", "views.list", { answer: ViewPageOf, summary: "List saved views, your own and shared ones" }),
  route("POST", "/views", "views.create", { answer: View, summary: "Save a list's query under a name" }),
  route("GET", "/views/counts", "views.count", { answer: ViewCountPage, summary: "How many rows views have" }),
  route("PATCH", "/views/{viewId}", "views.update", { answer: View, summary: "Change a view" }),
  route("DELETE", "/views/{viewId}", "views.delete", { answer: View, summary: "Delete a view" }),

  route("GET", "/schedules", "schedules.list", { answer: SchedulePage, summary: "List schedules" }),
  route("POST", "/schedules", "schedules.create", {
    answer: Schedule,
    summary: "Make a schedule, by which tasks are added",
  }),
  route("GET", "/schedule-preview", "schedules.preview", {
    answer: SchedulePreview,
    summary: "What a plan says in words, and its next times",
  }),
  route("GET", "/schedules/{scheduleId}", "schedules.get", { answer: Schedule, summary: "Read a schedule" }),
  route("PATCH", "/schedules/{scheduleId}", "schedules.update", {
    answer: Schedule,
    summary: "Change, pause or resume a schedule",
  }),
  route("DELETE", "/schedules/{scheduleId}", "schedules.delete", {
    answer: DeletedSchedule,
    summary: "Delete a schedule; its tasks stay",
  }),
  route("POST", "/schedules/{scheduleId}/trigger", "schedules.trigger", {
    answer: ScheduleFiring,
    summary: "Add a schedule's task now",
  }),
  route("GET", "/schedules/{scheduleId}/firings", "schedules.firings", {
    answer: ScheduleFiringPage,
    summary: "List what came of a schedule's times, the newest first",
  }),
  route("GET", "/budgets", "budgets.list", {
    answer: BudgetPage,
    summary: "List budgets, with what was spent of each",
  }),
  route("POST", "/budgets", "budgets.create", { answer: Budget, summary: "Make a budget of what models may cost" }),
  route("GET", "/budgets/{budgetId}", "budgets.get", { answer: Budget, summary: "Read a budget" }),
  route("PATCH", "/budgets/{budgetId}", "budgets.update", { answer: Budget, summary: "Change a budget" }),
  route("DELETE", "/budgets/{budgetId}", "budgets.delete", {
    answer: DeletedBudget,
    summary: "Delete a budget; what waits for it goes on",
  }),
  route("POST", "/budgets/{budgetId}/raise", "budgets.raise", {
    answer: BudgetPeriod,
    summary: "Set what may be spent in the period that is under way",
  }),
  route("GET", "/budgets/{budgetId}/periods", "budgets.periods", {
    answer: BudgetPeriodPage,
    summary: "List what was spent in a budget's periods, the newest first",
  }),
  route("GET", "/sessions/{sessionId}/budgets", "budgets.ofSession", {
    answer: BudgetsOfSession,
    summary: "What a session's calls to models count towards",
  }),
  route("GET", "/webhooks", "webhooks.list", { answer: WebhookPage, summary: "List webhooks" }),
  route("POST", "/webhooks", "webhooks.create", {
    answer: WebhookWithSecret,
    summary: "Make a webhook; what its deliveries are signed with is told this once",
  }),
  route("GET", "/webhooks/{webhookId}", "webhooks.get", { answer: Webhook, summary: "Read a webhook" }),
  route("PATCH", "/webhooks/{webhookId}", "webhooks.update", { answer: Webhook, summary: "Change a webhook" }),
  route("DELETE", "/webhooks/{webhookId}", "webhooks.delete", { answer: DeletedWebhook, summary: "Delete a webhook" }),
  route("POST", "/webhooks/{webhookId}/rotate-secret", "webhooks.rotateSecret", {
    answer: WebhookWithSecret,
    summary: "Give a webhook a new secret; the one of before signs too for a day",
  }),
  route("POST", "/webhooks/{webhookId}/test", "webhooks.test", {
    answer: WebhookDelivery,
    summary: "Send a webhook a message, to see whether it arrives",
  }),
  route("GET", "/webhooks/{webhookId}/deliveries", "webhooks.deliveries", {
    answer: WebhookDeliveryPage,
    summary: "List what was sent to a webhook or is on its way",
  }),
  route("POST", "/webhooks/{webhookId}/redeliver-failed", "webhooks.redeliverFailed", {
    answer: Redelivered,
    summary: "Send once more whatever was given up",
  }),
  route("GET", "/webhook-deliveries/{deliveryId}", "webhooks.delivery", {
    answer: WebhookDelivery,
    summary: "Read a delivery",
  }),
  route("POST", "/webhook-deliveries/{deliveryId}/redeliver", "webhooks.redeliver", {
    answer: WebhookDelivery,
    summary: "Send a delivery once more",
  }),
  route("GET", "/docs", "docs.list", { answer: DocList, summary: "List the documents" }),
  route("GET", "/docs/search", "docs.search", { answer: DocMatches, summary: "Find a text in the documents" }),
  route("GET", "/docs/{name}", "docs.get", { answer: Doc, summary: "Get a document, as markdown" }),
];

/** A route that answers plain bytes. */
export const CONTENT_ROUTE = {
  path: "/attachments/{attachmentId}/content",
  name: "attachments.content",
  /** Whose input it takes, and who may call it. */
  procedure: "attachments.get",
  types: IMAGE_TYPES,
  summary: "Get an image's bytes as they were uploaded",
} as const;

export type StreamRoute = { path: string; procedure: string; summary: string };

/** Server-sent events; `Last-Event-ID` resumes each. */
export const STREAM_ROUTES: readonly StreamRoute[] = [
  { path: "/runs/{runId}/events/watch", procedure: "events.watch", summary: "Follow a run's events; an id is a seq" },
  {
    path: "/runs/{runId}/commands/watch",
    procedure: "commands.watch",
    summary: "Follow a run's commands; an id is a seq",
  },
  { path: "/runs/watch", procedure: "runs.watch", summary: "Follow runs that change" },
  { path: "/sessions/watch", procedure: "sessions.watch", summary: "Follow sessions that change" },
  { path: "/queue/watch", procedure: "queue.watch", summary: "Follow tasks that change" },
];
