import type { z } from "zod";
import { Approval, ApprovalPage } from "@/contract/approval";
import { BackendList } from "@/contract/backend";
import { Command, CommandPage } from "@/contract/command";
import { AppendAnswer, EventPage } from "@/contract/event";
import { Health } from "@/contract/health";
import { QueueCommander, QueueStats, QueueTask, QueueTaskPage, QueueTaskSummary, TaskReadMark } from "@/contract/queue";
import { ClaimedRun, HeartbeatAnswer, Run, RunPage } from "@/contract/run";
import { Runner, RunnerJob, RunnerJobPage, RunnerPage } from "@/contract/runner";
import { ReadMark, SessionPage, SessionSummary, TracePage } from "@/contract/session";
import { GcReport, StoragePage, StorageSummary } from "@/contract/storage";

export type RestMethod = "GET" | "POST" | "PATCH" | "DELETE";

/** One REST route: the procedure that answers it does all the work, input checks and permissions included. */
export type Route = {
  method: RestMethod;
  /** Below /api/v1, with `{name}` for a part that becomes the input's `name`. */
  path: string;
  procedure: string;
  output: z.ZodType;
  summary: string;
};

function route(
  method: RestMethod,
  path: string,
  procedure: string,
  answer: { output: z.ZodType; summary: string },
): Route {
  return { method, path, procedure, ...answer };
}

export const ROUTES: readonly Route[] = [
  route("POST", "/runs", "runs.create", { output: Run, summary: "Create a run" }),
  route("GET", "/runs", "runs.list", { output: RunPage, summary: "List runs, the newest first" }),
  route("GET", "/runs/{runId}", "runs.get", { output: Run, summary: "Get a run" }),
  route("POST", "/runs/{runId}/claim", "runs.claim", { output: ClaimedRun, summary: "Claim a run for a runner" }),
  route("POST", "/runs/{runId}/heartbeat", "runs.heartbeat", { output: HeartbeatAnswer, summary: "Extend a lease" }),
  route("POST", "/runs/{runId}/finish", "runs.finish", { output: Run, summary: "Finish a run" }),
  route("POST", "/runs/{runId}/release", "runs.release", { output: Run, summary: "Give a lease back" }),
  route("POST", "/runs/{runId}/cancel", "runs.cancel", { output: Run, summary: "Cancel a run" }),
  route("POST", "/runs/{runId}/force-release", "runs.forceRelease", {
    output: Run,
    summary: "Take a run from an attempt whose end cannot be confirmed",
  }),
  route("POST", "/runs/{runId}/commands", "commands.create", { output: Command, summary: "Give a run a command" }),
  route("GET", "/runs/{runId}/commands", "commands.list", { output: CommandPage, summary: "List a run's commands" }),
  route("GET", "/commands/{commandId}", "commands.get", { output: Command, summary: "Get a command" }),
  route("POST", "/commands/{commandId}/ack", "commands.ack", { output: Command, summary: "Acknowledge a command" }),
  route("POST", "/commands/{commandId}/finish", "commands.finish", { output: Command, summary: "Finish a command" }),
  route("POST", "/commands/{commandId}/cancel", "commands.cancel", { output: Command, summary: "Cancel a command" }),
  route("POST", "/runs/{runId}/events", "events.append", { output: AppendAnswer, summary: "Append a batch of events" }),
  route("GET", "/runs/{runId}/events", "events.list", {
    output: EventPage,
    summary: "List a run's events after a seq",
  }),
  route("POST", "/runs/{runId}/runner-jobs", "runnerJobs.launch", { output: RunnerJob, summary: "Launch a runner" }),
  route("GET", "/runs/{runId}/runner-jobs", "runnerJobs.list", {
    output: RunnerJobPage,
    summary: "List a run's runner jobs",
  }),
  route("GET", "/runner-jobs/{runnerJobId}", "runnerJobs.get", { output: RunnerJob, summary: "Get a runner job" }),
  route("POST", "/runners", "runners.register", { output: Runner, summary: "Register a runner" }),
  route("GET", "/runners", "runners.list", { output: RunnerPage, summary: "List runners" }),
  route("GET", "/runners/{runnerId}", "runners.get", { output: Runner, summary: "Get a runner" }),
  route("POST", "/sessions", "sessions.create", { output: SessionSummary, summary: "Create a session and its volume" }),
  route("GET", "/sessions", "sessions.list", { output: SessionPage, summary: "List sessions" }),
  route("POST", "/sessions/storage/gc", "storage.gc", { output: GcReport, summary: "Collect expired storage" }),
  route("GET", "/sessions/{sessionId}", "sessions.get", { output: SessionSummary, summary: "Get a session" }),
  route("PATCH", "/sessions/{sessionId}", "sessions.update", { output: SessionSummary, summary: "Change a session" }),
  route("DELETE", "/sessions/{sessionId}", "sessions.delete", {
    output: SessionSummary,
    summary: "Delete a session with all that it owns",
  }),
  route("GET", "/sessions/{sessionId}/trace", "sessions.trace", { output: TracePage, summary: "Every event of a run" }),
  route("GET", "/sessions/{sessionId}/output", "sessions.output", { output: TracePage, summary: "The agent's output" }),
  route("POST", "/sessions/{sessionId}/read", "sessions.markRead", { output: ReadMark, summary: "Mark as read" }),
  route("GET", "/sessions/{sessionId}/storage", "storage.get", { output: StorageSummary, summary: "Get the storage" }),
  route("DELETE", "/sessions/{sessionId}/storage", "storage.evict", { output: StorageSummary, summary: "Evict it" }),
  route("POST", "/sessions/{sessionId}/storage/refresh", "storage.refresh", {
    output: StorageSummary,
    summary: "Report what a volume holds",
  }),
  route("POST", "/sessions/{sessionId}/storage/restore", "storage.restore", {
    output: StorageSummary,
    summary: "Restore storage from its archive",
  }),
  route("GET", "/storage", "storage.list", { output: StoragePage, summary: "List sessions' storage" }),
  route("POST", "/queue/tasks", "queue.createTask", { output: QueueTask, summary: "Enqueue a task" }),
  route("GET", "/queue/tasks", "queue.listTasks", {
    output: QueueTaskPage,
    summary: "List tasks, the most urgent first",
  }),
  route("GET", "/queue/tasks/{taskId}", "queue.getTask", { output: QueueTaskSummary, summary: "Get a task" }),
  route("POST", "/queue/tasks/{taskId}/attempt", "queue.updateAttempt", {
    output: QueueTask,
    summary: "Record what a task's attempt does",
  }),
  route("POST", "/queue/tasks/{taskId}/cancel", "queue.cancelTask", { output: QueueTask, summary: "Cancel a task" }),
  route("POST", "/queue/tasks/{taskId}/read", "queue.markTaskRead", { output: TaskReadMark, summary: "Mark as read" }),
  route("GET", "/queue/stats", "queue.stats", { output: QueueStats, summary: "Counts of tasks" }),
  route("GET", "/queue/commander", "queue.commander", { output: QueueCommander, summary: "Counts and the top tasks" }),
  route("POST", "/runs/{runId}/approvals", "approvals.request", { output: Approval, summary: "Ask for an approval" }),
  route("GET", "/approvals", "approvals.list", { output: ApprovalPage, summary: "List approvals, the newest first" }),
  route("GET", "/approvals/{approvalId}", "approvals.get", { output: Approval, summary: "Get an approval" }),
  route("POST", "/approvals/{approvalId}/decide", "approvals.decide", { output: Approval, summary: "Decide it, once" }),
  route("GET", "/backends", "backends.list", { output: BackendList, summary: "List backend profiles" }),
  route("GET", "/health", "health.get", { output: Health, summary: "Whether this server can serve" }),
];

/** Event streams, which the live server answers: server-sent events, resumable by `Last-Event-ID`. */
export const STREAM_ROUTES: readonly { path: string; summary: string }[] = [
  { path: "/runs/{runId}/events/watch", summary: "A run's events as they are stored; an event's id is its seq" },
  { path: "/runs/{runId}/commands/watch", summary: "A run's commands as they are created" },
  { path: "/sessions/watch", summary: "Sessions as they change" },
  { path: "/queue/watch", summary: "Queue tasks as they change" },
];
