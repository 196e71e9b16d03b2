import type { z } from "zod";
import { Approval, ApprovalPage } from "@/contract/approval";
import { Attachment, AttachmentPage, GetAttachmentInput } from "@/contract/attachment";
import { AuditPage } from "@/contract/audit";
import { Backend, BackendDetails, BackendList, BackendProbe } from "@/contract/backend";
import { Budget, BudgetPage, BudgetPeriod, BudgetPeriodPage, BudgetsOfSession, DeletedBudget } from "@/contract/budget";
import { BulkAction, BulkActionPage, BulkOutcomes, BulkPreview, BulkResultPage } from "@/contract/bulk";
import { Command, CommandPage } from "@/contract/command";
import { FoundMessagePage } from "@/contract/conversation";
import { DependencyResultList } from "@/contract/dependency-result";
import { DevicePoll, DeviceSignIn, DeviceSignInBegun } from "@/contract/device-sign-in";
import { Doc, DocList, DocMatches } from "@/contract/docs";
import { AppendAnswer, EventPage, FoundEventPage, RunEvent } from "@/contract/event";
import { DownloadFolderInput, FilePage, FileText, ReadFileInput, ReadPatchInput } from "@/contract/files";
import { Health, ServerFacts } from "@/contract/health";
import { CreatedToken, Identity, OwnTokens, RevokedToken, SignInLink, TokenPage } from "@/contract/identity";
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

/** One REST route. The procedure that answers it does all the work, including input checks and permissions. */
export type Route = {
  method: Method;
  /** Below /api/v1; a part `{name}` becomes the input's `name`. */
  path: string;
  procedure: string;
  answer: z.ZodType;
  summary: string;
  /** Media types that the body may have instead of JSON; the rest of the input is then in the query. */
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
  route("GET", "/runs/outcomes", "runs.outcomes", {
    answer: RunOutcomes,
    summary: "Count how runs ended, by the hour",
  }),
  route("GET", "/runs/stats", "runs.stats", { answer: RunStats, summary: "Count recent failures of runs, by kind" }),
  route("GET", "/runs/{runId}", "runs.get", { answer: Run, summary: "Get a run" }),
  route("GET", "/runs/{runId}/timeline", "runs.timeline", {
    answer: TimelinePage,
    summary: "Get a run's timeline: what it did when, and where its time went",
  }),
  route("GET", "/runs/{runId}/turns", "runs.turns", {
    answer: TurnPage,
    summary: "List a run's turns, with their usage and last messages",
  }),
  route("GET", "/runs/{runId}/job", "runs.job", {
    answer: RunJob,
    summary: "Get the Job and pod, or the process, of a run's attempt",
  }),
  route("GET", "/runs/{runId}/log", "runs.log", {
    answer: RunLog,
    summary: "Get the end of the log of a run's attempt",
  }),
  route("GET", "/runs/{runId}/changes", "runs.changes", {
    answer: EventPage,
    summary: "List a run's events that report changed files",
  }),
  route("POST", "/runs/{runId}/claim", "runs.claim", { answer: ClaimedRun, summary: "Claim a run for a runner" }),
  route("POST", "/runs/{runId}/heartbeat", "runs.heartbeat", {
    answer: HeartbeatAnswer,
    summary: "Extend the lease of a run",
  }),
  route("POST", "/runs/{runId}/finish", "runs.finish", { answer: Run, summary: "Finish a run" }),
  route("POST", "/runs/{runId}/release", "runs.release", { answer: Run, summary: "Give back the lease of a run" }),
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
    summary: "Search a run's events, one part of the run for each page",
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
    summary: "Count living runners by state and place",
  }),
  route("GET", "/runner-history", "runners.history", {
    answer: RunnerHistory,
    summary: "Get the history of runners and of their heartbeats' times",
  }),
  route("POST", "/runners/{runnerId}/drain", "runners.drain", {
    answer: Runner,
    summary: "Drain a runner: it ends after its turn and takes nothing more",
  }),
  route("POST", "/runners/{runnerId}/resume", "runners.resume", {
    answer: Runner,
    summary: "Cancel the draining of a runner",
  }),
  route("POST", "/runners/{runnerId}/revoke", "runners.revoke", {
    answer: Runner,
    summary: "Revoke a runner's token and hand its run on",
  }),
  route("POST", "/runners/{runnerId}/kill", "runners.kill", {
    answer: Runner,
    summary: "Kill a runner's process with everything it started",
  }),
  route("GET", "/runners/{runnerId}", "runners.get", { answer: Runner, summary: "Get a runner" }),
  route("POST", "/sessions", "sessions.create", { answer: SessionSummary, summary: "Create a session and its volume" }),
  route("GET", "/sessions", "sessions.list", { answer: SessionPage, summary: "List sessions" }),
  route("GET", "/sessions/search", "sessions.searchConversations", {
    answer: FoundMessagePage,
    summary: "Search the messages of people and agents, the newest first",
  }),
  route("GET", "/session-digests", "sessions.digests", {
    answer: SessionDigests,
    summary: "Sum up the model usage of some sessions, with their last messages",
  }),
  route("POST", "/sessions/storage/gc", "storage.gc", {
    answer: GcReport,
    summary: "Collect the volumes whose time is over",
  }),
  route("GET", "/sessions/{sessionId}", "sessions.get", { answer: SessionSummary, summary: "Get a session" }),
  route("PATCH", "/sessions/{sessionId}", "sessions.update", { answer: SessionSummary, summary: "Change a session" }),
  route("DELETE", "/sessions/{sessionId}", "sessions.delete", {
    answer: SessionSummary,
    summary: "Delete a session with everything it owns",
  }),
  route("POST", "/sessions/{sessionId}/fork", "sessions.fork", {
    answer: SessionSummary,
    summary: "Fork a session from its newest archive",
  }),
  route("GET", "/sessions/{sessionId}/trace", "sessions.trace", {
    answer: TracePage,
    summary: "List every event of a session's run",
  }),
  route("GET", "/sessions/{sessionId}/output", "sessions.output", {
    answer: TracePage,
    summary: "List the output of a session's agent",
  }),
  route("POST", "/sessions/{sessionId}/attachments", "attachments.create", {
    answer: Attachment,
    summary: "Upload an image for messages of a session",
    bodyTypes: [...IMAGE_TYPES, "application/octet-stream"],
  }),
  route("GET", "/sessions/{sessionId}/attachments", "attachments.list", {
    answer: AttachmentPage,
    summary: "List a session's images, the oldest first",
  }),
  route("GET", "/sessions/{sessionId}/files", "files.list", {
    answer: FilePage,
    summary: "List a folder of a session's workspace",
  }),
  route("GET", "/sessions/{sessionId}/files/text", "files.read", {
    answer: FileText,
    summary: "Read the beginning of a file of a session's workspace as text",
  }),
  route("GET", "/attachments/{attachmentId}", "attachments.get", {
    answer: Attachment,
    summary: "Get an image's description",
  }),
  route("POST", "/sessions/{sessionId}/read", "sessions.markRead", {
    answer: ReadMark,
    summary: "Mark a session as read",
  }),
  route("GET", "/sessions/{sessionId}/storage", "storage.get", {
    answer: StorageSummary,
    summary: "Get a session's storage",
  }),
  route("GET", "/sessions/{sessionId}/storage/sizes", "storage.sizes", {
    answer: VolumeSizes,
    summary: "List the sizes of a session's volume over time",
  }),
  route("DELETE", "/sessions/{sessionId}/storage", "storage.evict", {
    answer: StorageSummary,
    summary: "Evict a session's volume",
  }),
  route("POST", "/sessions/{sessionId}/storage/refresh", "storage.refresh", {
    answer: StorageSummary,
    summary: "Report what a session's volume holds",
  }),
  route("POST", "/sessions/{sessionId}/storage/restore", "storage.restore", {
    answer: StorageSummary,
    summary: "Restore a session's volume from its archive",
  }),
  route("POST", "/sessions/{sessionId}/storage/archive", "storage.archive", {
    answer: StorageSummary,
    summary: "Archive a session's volume that no run has claimed",
  }),
  route("POST", "/sessions/{sessionId}/storage/force-release", "storage.forceRelease", {
    answer: StorageSummary,
    summary: "Take a volume from an archiver whose end cannot be confirmed",
  }),
  route("POST", "/sessions/{sessionId}/storage/pin", "storage.pin", {
    answer: StorageSummary,
    summary: "Pin a session's volume: no collection takes it",
  }),
  route("POST", "/sessions/{sessionId}/storage/unpin", "storage.unpin", {
    answer: StorageSummary,
    summary: "Unpin a session's volume",
  }),
  route("POST", "/sessions/{sessionId}/storage/extend", "storage.extend", {
    answer: StorageSummary,
    summary: "Extend a session's expiry",
  }),
  route("GET", "/storage", "storage.list", { answer: StoragePage, summary: "List sessions' storage, with totals" }),
  route("GET", "/storage/history", "storage.history", {
    answer: GcHistoryPage,
    summary: "List collections that took something or were kept from it, the newest first",
  }),
  route("POST", "/storage/gc/pause", "storage.pauseGc", {
    answer: GcSchedule,
    summary: "Pause every collection of volumes, with a reason",
  }),
  route("POST", "/storage/gc/resume", "storage.resumeGc", {
    answer: GcSchedule,
    summary: "Resume collections of volumes",
  }),
  route("GET", "/storage/orphans", "storage.orphans", {
    answer: OrphanList,
    summary: "List volumes that no session uses",
  }),
  route("POST", "/storage/orphans/{name}/adopt", "storage.adopt", {
    answer: Session,
    summary: "Adopt a volume: make a session for it",
  }),
  route("DELETE", "/storage/orphans/{name}", "storage.delete", {
    answer: DeletedVolume,
    summary: "Delete a volume that no session uses",
  }),
  route("POST", "/queue/tasks", "queue.createTask", { answer: QueueTask, summary: "Add a task" }),
  route("POST", "/queue/tasks/batch", "queue.createTasks", {
    answer: CreateTasksResult,
    summary: "Add up to 1,000 tasks, each with its own result",
  }),
  route("POST", "/queue/attachments", "queue.createAttachment", {
    answer: Attachment,
    summary: "Upload an image for tasks of a project",
    bodyTypes: [...IMAGE_TYPES, "application/octet-stream"],
  }),
  route("POST", "/queue/tasks/simulate", "queue.simulateTask", {
    answer: TaskTrial,
    summary: "Simulate adding a task: nothing is stored",
  }),
  route("GET", "/queue/tasks", "queue.listTasks", {
    answer: QueueTaskPage,
    summary: "List tasks, the most urgent first",
  }),
  route("GET", "/queue/tasks/{taskId}", "queue.getTask", { answer: QueueTaskDetail, summary: "Get a task" }),
  route("POST", "/queue/tasks/{taskId}/attempt", "queue.updateAttempt", {
    answer: QueueTask,
    summary: "Record the state of a task's attempt",
  }),
  route("POST", "/queue/tasks/{taskId}/cancel", "queue.cancelTask", { answer: QueueTask, summary: "Cancel a task" }),
  route("PATCH", "/queue/tasks/{taskId}", "queue.updateTask", {
    answer: QueueTask,
    summary: "Change a task",
  }),
  route("POST", "/queue/tasks/{taskId}/retry", "queue.retryTask", { answer: QueueTask, summary: "Run a task again" }),
  route("GET", "/queue/tasks/{taskId}/attempts", "queue.listAttempts", {
    answer: TaskAttemptPage,
    summary: "List a task's attempts, the newest first",
  }),
  route("GET", "/queue/tasks/{taskId}/dependency-results", "queue.listDependencyResults", {
    answer: DependencyResultList,
    summary: "List the results of a task's dependencies",
  }),
  route("GET", "/queue/tasks/{taskId}/explain", "queue.explain", {
    answer: TaskExplanation,
    summary: "Explain why a task waits, and estimate for how long",
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
  route("POST", "/queue/controls/pause", "queue.pause", { answer: QueueControl, summary: "Pause a queue or lane" }),
  route("POST", "/queue/controls/resume", "queue.resume", { answer: QueueControl, summary: "Resume a queue or lane" }),
  route("POST", "/queue/controls/drain", "queue.drain", {
    answer: QueueControl,
    summary: "Drain a queue or lane: it takes no more tasks",
  }),
  route("POST", "/queue/tasks/{taskId}/read", "queue.markTaskRead", {
    answer: TaskReadMark,
    summary: "Mark a task as read",
  }),
  route("POST", "/queue/tasks/read", "queue.markTasksRead", {
    answer: TaskReadMarks,
    summary: "Mark many tasks as read, by ids or by a filter",
  }),
  route("GET", "/queue/stats", "queue.stats", {
    answer: QueueStats,
    summary: "Count tasks by state, queue, lane and profile",
  }),
  route("GET", "/queue/commander", "queue.commander", {
    answer: QueueCommander,
    summary: "Get a queue at a glance: needs, counts, waits and the first tasks",
  }),
  route("GET", "/queue/waits", "queue.waits", {
    answer: QueueWaitTimes,
    summary: "Get how long tasks waited recently",
  }),
  route("GET", "/queue/waits/by-hour", "queue.waitsByHour", {
    answer: QueueWaitsByHour,
    summary: "Get how long tasks waited, by the hour",
  }),
  route("GET", "/queue/history", "queue.history", {
    answer: QueueHistory,
    summary: "Get the depth and flow of lanes over time",
  }),
  route("GET", "/queue/verify", "queue.verify", {
    answer: QueueVerification,
    summary: "Compare the counters of tasks with a count of the table",
  }),
  route("POST", "/runs/{runId}/approvals", "approvals.request", { answer: Approval, summary: "Request an approval" }),
  route("GET", "/approvals", "approvals.list", {
    answer: ApprovalPage,
    summary: "List approvals and who asks, the newest or oldest first",
  }),
  route("GET", "/approvals/{approvalId}", "approvals.get", { answer: Approval, summary: "Get an approval" }),
  route("POST", "/approvals/{approvalId}/decide", "approvals.decide", {
    answer: Approval,
    summary: "Answer an approval",
  }),
  route("GET", "/overview", "overview.get", {
    answer: Overview,
    summary: "Get what needs a person, and the state of everything",
  }),
  route("GET", "/backends", "backends.list", { answer: BackendList, summary: "List backend profiles" }),
  route("GET", "/backends/{profile}", "backends.get", {
    answer: BackendDetails,
    summary: "Get a backend profile and what uses it",
  }),
  route("POST", "/backends/{profile}/test", "backends.test", {
    answer: BackendProbe,
    summary: "Test a profile's provider now",
  }),
  route("GET", "/backends/{profile}/latency", "usage.latency", {
    answer: UsageLatency,
    summary: "Get the latency and outcomes of a profile's calls, by the hour or day",
  }),
  route("PATCH", "/backends/{profile}", "backends.set", { answer: Backend, summary: "Change what a profile may run" }),
  route("GET", "/runs/{runId}/usage", "usage.ofRun", { answer: UsageOf, summary: "Sum up the model usage of a run" }),
  route("GET", "/sessions/{sessionId}/usage", "usage.ofSession", {
    answer: UsageOf,
    summary: "Sum up the model usage of a session",
  }),
  route("GET", "/queue/tasks/{taskId}/usage", "usage.ofTask", {
    answer: UsageOf,
    summary: "Sum up the model usage of a task's attempts",
  }),
  route("POST", "/bulk", "bulk.create", {
    answer: BulkAction,
    summary: "Create a bulk action on many tasks, runs, sessions, volumes, approvals or runners",
  }),
  route("POST", "/bulk/preview", "bulk.preview", {
    answer: BulkPreview,
    summary: "Preview a bulk action: its targets, and what it would skip and why",
  }),
  route("GET", "/bulk", "bulk.list", { answer: BulkActionPage, summary: "List bulk actions, the newest first" }),
  route("GET", "/bulk/{bulkId}", "bulk.get", { answer: BulkAction, summary: "Get a bulk action with its progress" }),
  route("GET", "/bulk/{bulkId}/outcomes", "bulk.outcomes", {
    answer: BulkOutcomes,
    summary: "Get a bulk action's reasons for refused and skipped targets, and what followed it",
  }),
  route("GET", "/bulk/{bulkId}/results", "bulk.results", {
    answer: BulkResultPage,
    summary: "List a bulk action's result for each target",
  }),
  route("POST", "/bulk/{bulkId}/abort", "bulk.abort", { answer: BulkAction, summary: "Abort a bulk action" }),
  route("POST", "/bulk/{bulkId}/retry", "bulk.retry", {
    answer: BulkAction,
    summary: "Retry the refused targets of a bulk action",
  }),
  route("POST", "/bulk/{bulkId}/undo", "bulk.undo", { answer: BulkAction, summary: "Undo a bulk action" }),
  route("GET", "/usage", "usage.summary", {
    answer: UsageSummary,
    summary: "Sum up model usage by profile, model, project, day and more",
  }),
  route("GET", "/usage/calls", "usage.calls", {
    answer: ModelCallPage,
    summary: "List calls to models, the newest first",
  }),
  route("GET", "/usage/verify", "usage.verify", {
    answer: UsageVerification,
    summary: "Compare the sums of days with their calls",
  }),
  route("GET", "/health", "health.get", { answer: Health, summary: "Get whether this server can serve" }),
  route("GET", "/server", "health.facts", { answer: ServerFacts, summary: "Get this server's version and limits" }),
  route("GET", "/status", "health.status", {
    answer: ServerStatus,
    summary: "Get the status of the server, its worker's loops and what they reach",
  }),
  route("GET", "/sign-in-methods", "identity.signInMethods", {
    answer: SignInMethods,
    summary: "List how people can sign in, besides links and tokens",
  }),
  route("GET", "/me", "identity.me", { answer: Identity, summary: "Get the caller's identity" }),
  route("GET", "/me/tokens", "identity.ownTokens", {
    answer: OwnTokens,
    summary: "List the tokens that the caller's own sign-in has made for programs",
  }),
  route("POST", "/me/tokens", "identity.createOwnToken", {
    answer: CreatedToken,
    summary: "Create a token that ends with the caller's sign-in; only this answer has its secret",
  }),
  route("POST", "/me/tokens/{tokenId}/revoke", "identity.revokeOwnToken", {
    answer: RevokedToken,
    summary: "Revoke a token of the caller's own sign-in",
  }),
  route("POST", "/me/sign-in-links", "identity.createSignInLink", {
    answer: SignInLink,
    summary: "Create a link that signs one more browser in as the caller, once, within ten minutes",
  }),
  route("POST", "/device-sign-ins", "identity.startDeviceSignIn", {
    answer: DeviceSignInBegun,
    summary: "Begin the sign-in of a command line, which a person allows in a browser",
  }),
  route("POST", "/device-sign-ins/poll", "identity.pollDeviceSignIn", {
    answer: DevicePoll,
    summary: "Poll a command line's sign-in; its token is returned once",
  }),
  route("GET", "/device-sign-ins/{userCode}", "identity.deviceSignIn", {
    answer: DeviceSignIn,
    summary: "Get the sign-in request with a user code",
  }),
  route("POST", "/device-sign-ins/{userCode}/decide", "identity.decideDeviceSignIn", {
    answer: DeviceSignIn,
    summary: "Allow or refuse the sign-in of a command line, in a browser",
  }),
  route("GET", "/tokens", "identity.tokens", { answer: TokenPage, summary: "List tokens that sign somebody in" }),
  route("POST", "/tokens", "identity.createToken", {
    answer: CreatedToken,
    summary: "Create a token; only this answer has its secret",
  }),
  route("POST", "/tokens/{tokenId}/revoke", "identity.revokeToken", {
    answer: RevokedToken,
    summary: "Revoke a token, and end the browsers that signed in by it",
  }),
  route("GET", "/audit", "audit.list", { answer: AuditPage, summary: "List who did what, the newest first" }),
  route("GET", "/views", "views.list", { answer: ViewPageOf, summary: "List saved views, your own and shared ones" }),
  route("POST", "/views", "views.create", { answer: View, summary: "Create a view: a list's query under a name" }),
  route("GET", "/views/counts", "views.count", { answer: ViewCountPage, summary: "Count the rows of views" }),
  route("PATCH", "/views/{viewId}", "views.update", { answer: View, summary: "Change a view" }),
  route("DELETE", "/views/{viewId}", "views.delete", { answer: View, summary: "Delete a view" }),

  route("GET", "/schedules", "schedules.list", { answer: SchedulePage, summary: "List schedules" }),
  route("POST", "/schedules", "schedules.create", {
    answer: Schedule,
    summary: "Create a schedule, which adds tasks",
  }),
  route("GET", "/schedule-preview", "schedules.preview", {
    answer: SchedulePreview,
    summary: "Preview a plan: its description in words and its next times",
  }),
  route("GET", "/schedules/{scheduleId}", "schedules.get", { answer: Schedule, summary: "Get a schedule" }),
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
    summary: "List a schedule's firings, the newest first",
  }),
  route("GET", "/budgets", "budgets.list", {
    answer: BudgetPage,
    summary: "List budgets, with what was spent of each",
  }),
  route("POST", "/budgets", "budgets.create", { answer: Budget, summary: "Create a budget for what models may cost" }),
  route("GET", "/budgets/{budgetId}", "budgets.get", { answer: Budget, summary: "Get a budget" }),
  route("PATCH", "/budgets/{budgetId}", "budgets.update", { answer: Budget, summary: "Change a budget" }),
  route("DELETE", "/budgets/{budgetId}", "budgets.delete", {
    answer: DeletedBudget,
    summary: "Delete a budget; tasks that wait for it continue",
  }),
  route("POST", "/budgets/{budgetId}/raise", "budgets.raise", {
    answer: BudgetPeriod,
    summary: "Set what may be spent in a budget's current period",
  }),
  route("GET", "/budgets/{budgetId}/periods", "budgets.periods", {
    answer: BudgetPeriodPage,
    summary: "List what was spent in a budget's periods, the newest first",
  }),
  route("GET", "/sessions/{sessionId}/budgets", "budgets.ofSession", {
    answer: BudgetsOfSession,
    summary: "List the budgets that a session's calls count towards",
  }),
  route("GET", "/webhooks", "webhooks.list", { answer: WebhookPage, summary: "List webhooks" }),
  route("POST", "/webhooks", "webhooks.create", {
    answer: WebhookWithSecret,
    summary: "Create a webhook; only this answer has its signing secret",
  }),
  route("GET", "/webhooks/{webhookId}", "webhooks.get", { answer: Webhook, summary: "Get a webhook" }),
  route("PATCH", "/webhooks/{webhookId}", "webhooks.update", { answer: Webhook, summary: "Change a webhook" }),
  route("DELETE", "/webhooks/{webhookId}", "webhooks.delete", { answer: DeletedWebhook, summary: "Delete a webhook" }),
  route("POST", "/webhooks/{webhookId}/rotate-secret", "webhooks.rotateSecret", {
    answer: WebhookWithSecret,
    summary: "Replace a webhook's secret; the old one also signs for a day",
  }),
  route("POST", "/webhooks/{webhookId}/test", "webhooks.test", {
    answer: WebhookDelivery,
    summary: "Send a test message to a webhook",
  }),
  route("GET", "/webhooks/{webhookId}/deliveries", "webhooks.deliveries", {
    answer: WebhookDeliveryPage,
    summary: "List a webhook's deliveries",
  }),
  route("POST", "/webhooks/{webhookId}/redeliver-failed", "webhooks.redeliverFailed", {
    answer: Redelivered,
    summary: "Send a webhook's failed deliveries again",
  }),
  route("GET", "/webhook-deliveries/{deliveryId}", "webhooks.delivery", {
    answer: WebhookDelivery,
    summary: "Get a delivery",
  }),
  route("POST", "/webhook-deliveries/{deliveryId}/redeliver", "webhooks.redeliver", {
    answer: WebhookDelivery,
    summary: "Send a delivery again",
  }),
  route("GET", "/docs", "docs.list", { answer: DocList, summary: "List the documents" }),
  route("GET", "/docs/search", "docs.search", { answer: DocMatches, summary: "Search the documents" }),
  route("GET", "/docs/{name}", "docs.get", { answer: Doc, summary: "Get a document, as Markdown" }),
];

/** A route that answers plain bytes. */
export type ContentRoute = {
  path: string;
  name: string;
  /** The procedure whose callers may use it. */
  procedure: string;
  input: z.ZodType;
  /** Media types of the answer. */
  types: readonly string[];
  summary: string;
  /** Whether a caller that has the bytes is told so (If-None-Match). */
  isCached: boolean;
};

export const CONTENT_ROUTES: readonly ContentRoute[] = [
  {
    path: "/attachments/{attachmentId}/content",
    name: "attachments.content",
    procedure: "attachments.get",
    input: GetAttachmentInput,
    types: IMAGE_TYPES,
    summary: "Get an image's bytes as they were uploaded",
    isCached: true,
  },
  {
    path: "/sessions/{sessionId}/files/content",
    name: "files.content",
    procedure: "files.read",
    input: ReadFileInput,
    types: ["application/octet-stream", ...IMAGE_TYPES],
    summary: "Get the bytes of a file of a session's workspace",
    isCached: true,
  },
  {
    path: "/sessions/{sessionId}/files/tar",
    name: "files.tar",
    procedure: "files.list",
    input: DownloadFolderInput,
    types: ["application/gzip"],
    summary: "Get a folder of a session's workspace, or all of it, as a .tar.gz",
    isCached: false,
  },
  {
    path: "/sessions/{sessionId}/patch",
    name: "sessions.patch",
    procedure: "runs.changes",
    input: ReadPatchInput,
    types: ["text/x-diff"],
    summary: "Get what a session's turns changed by patches, as a patch that git apply takes",
    isCached: false,
  },
];

export type StreamRoute = { path: string; procedure: string; summary: string };

/** Server-sent events; `Last-Event-ID` resumes each. */
export const STREAM_ROUTES: readonly StreamRoute[] = [
  { path: "/runs/{runId}/events/watch", procedure: "events.watch", summary: "Follow a run's events; an id is a seq" },
  {
    path: "/runs/{runId}/commands/watch",
    procedure: "commands.watch",
    summary: "Follow a run's commands; an id is a seq",
  },
  { path: "/runs/watch", procedure: "runs.watch", summary: "Follow changes of runs" },
  { path: "/sessions/watch", procedure: "sessions.watch", summary: "Follow changes of sessions" },
  { path: "/queue/watch", procedure: "queue.watch", summary: "Follow changes of tasks" },
];
