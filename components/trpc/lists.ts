import type { TRPCOptionsProxy } from "@trpc/tanstack-react-query";
import type { ApprovalSummary, ListApprovalsInput } from "@/contract/approval";
import type { AuditRow, ListAuditInput } from "@/contract/audit";
import type { Budget, BudgetPeriod, ListBudgetsInput } from "@/contract/budget";
import type { BulkAction, BulkResult, ListBulkResultsInput } from "@/contract/bulk";
import type { FileEntry, FilePage } from "@/contract/files";
import type { TokenRecord } from "@/contract/identity";
import type { ListTasksInput, QueueScopeInput, QueueTaskSummary, TaskAttempt } from "@/contract/queue";
import type { QueueHistoryInput, QueueWaitsByHourInput, QueueWaitsInput } from "@/contract/queue-commander";
import type { ListRunsInput, RunSummary } from "@/contract/run";
import type { ListRunnersInput, Runner } from "@/contract/runner";
import type { ListFiringsInput, ListSchedulesInput, Schedule, ScheduleFiring } from "@/contract/schedule";
import type { ListSessionsInput, SessionSummary } from "@/contract/session";
import type { GcHistoryEntry, ListStorageInput, StorageSummary } from "@/contract/storage";
import type { CountViewsInput, ViewCount } from "@/contract/view";
import type { Webhook, WebhookDelivery } from "@/contract/webhook";
import { type BulkKind, type DeliveryState, isTerminal, type LatencyWindow, type ViewPage } from "@/contract/words";
import type { AppRouter } from "@/server/trpc/types";
import { paged } from "./paged";

export type Api = TRPCOptionsProxy<AppRouter>;
const PAGE = 50;

/** The console's lists; a page's prefetch and its component take the same one, so that their keys cannot drift. */
export const sessionPages = (api: Api, input: Partial<ListSessionsInput>) =>
  paged<SessionSummary>((from) => api.sessions.list.queryOptions({ limit: PAGE, ...input, ...from }));

export const runPages = (api: Api, input: Partial<ListRunsInput>) =>
  paged<RunSummary>((from) => api.runs.list.queryOptions({ limit: PAGE, ...input, ...from }));

export const approvalPages = (api: Api, input: Partial<ListApprovalsInput>) =>
  paged<ApprovalSummary>((from) => api.approvals.list.queryOptions({ limit: PAGE, ...input, ...from }));

export const runnerPages = (api: Api, input: Partial<ListRunnersInput>) =>
  paged<Runner>((from) => api.runners.list.queryOptions({ limit: PAGE, ...input, ...from }));

/** The stream tells of runners; what time alone changes, such as a launch that is not heard of yet, is asked for. */
const RUNNER_FIGURES_POLL_MS = 15_000;

export const runnerFigures = (api: Api) =>
  api.runners.stats.queryOptions({}, { refetchInterval: RUNNER_FIGURES_POLL_MS });

export const storagePages = (api: Api, input: Partial<ListStorageInput>) =>
  paged<StorageSummary>((from) => api.storage.list.queryOptions({ limit: PAGE, ...input, ...from }));

const FILES_PAGE = 200;

export const filePages = (api: Api, input: { sessionId: string; path: string }) =>
  paged<FileEntry, FilePage>((from) => api.files.list.queryOptions({ limit: FILES_PAGE, ...input, ...from }));

const TASKS_PAGE = 100;

export const taskPages = (api: Api, input: Partial<ListTasksInput>) =>
  paged<QueueTaskSummary>((from) => api.queue.listTasks.queryOptions({ limit: TASKS_PAGE, ...input, ...from }));

/** The stream tells of tasks; what time alone changes, such as how long the oldest has waited, is asked for. */
const QUEUE_POLL_MS = 15_000;

export const queueCommander = (api: Api, input: Partial<QueueScopeInput>) =>
  api.queue.commander.queryOptions(input, { refetchInterval: QUEUE_POLL_MS });

/** Profiles stand in no feed: what changes by itself is looked at anew. */
const BACKENDS_POLL_MS = 15_000;

export const backendsLive = (api: Api) =>
  api.backends.list.queryOptions(undefined, { refetchInterval: BACKENDS_POLL_MS });

export const queueControls = (api: Api) => api.queue.listControls.queryOptions({});

export const queueWaits = (api: Api, input: QueueWaitsInput) =>
  api.queue.waits.queryOptions(input, { refetchInterval: QUEUE_POLL_MS });

const HISTORY_MINUTE_MS = 60_000;

export const queueWaitsByHour = (api: Api, input: QueueWaitsByHourInput) =>
  api.queue.waitsByHour.queryOptions(input, {
    refetchInterval: HISTORY_MINUTE_MS,
    placeholderData: (data) => data,
  });

export const queueHistory = (api: Api, input: Pick<QueueHistoryInput, "minutes"> & Partial<QueueHistoryInput>) =>
  api.queue.history.queryOptions(input, { refetchInterval: HISTORY_MINUTE_MS, placeholderData: (data) => data });

export const runnerHistory = (api: Api, minutes: number) =>
  api.runners.history.queryOptions(
    { minutes },
    { refetchInterval: HISTORY_MINUTE_MS, placeholderData: (data) => data },
  );

export const DEPENDENTS_SHOWN = 12;

/** What comes right after a task: as many as its page shows, and one more. */
export const dependentsOf = (api: Api, taskId: string) =>
  api.queue.listTasks.queryOptions({ dependsOn: taskId, limit: DEPENDENTS_SHOWN + 1 });

export const attemptPages = (api: Api, taskId: string) =>
  paged<TaskAttempt>((from) => api.queue.listAttempts.queryOptions({ taskId, limit: PAGE, ...from }));

const BULK_SHOWN = 5;
const BULK_POLL_MS = 1_000;
const BULK_IDLE_POLL_MS = 30_000;

/** The newest actions on many of a kind; while one is under way its progress is asked for. */
export const newestBulk = (api: Api, kind: BulkKind) =>
  api.bulk.list.queryOptions(
    { kind, limit: BULK_SHOWN },
    {
      refetchInterval: (query) =>
        query.state.data?.items.some((bulk) => bulk.endedAt === null) === true ? BULK_POLL_MS : BULK_IDLE_POLL_MS,
    },
  );

export const bulkPages = (api: Api, kind: BulkKind | null) =>
  paged<BulkAction>((from) => api.bulk.list.queryOptions({ ...(kind === null ? {} : { kind }), limit: PAGE, ...from }));

/** An action on many; no stream tells of them, so that its progress is asked for until it has ended. */
export const bulkAction = (api: Api, bulkId: string) =>
  api.bulk.get.queryOptions(
    { bulkId },
    { refetchInterval: (query) => (query.state.data?.endedAt === null ? BULK_POLL_MS : false) },
  );

export const bulkResultPages = (api: Api, bulkId: string, outcome: ListBulkResultsInput["outcome"]) =>
  paged<BulkResult>((from) =>
    api.bulk.results.queryOptions({
      bulkId,
      limit: PAGE,
      ...(outcome === undefined ? {} : { outcome }),
      ...from,
    }),
  );

/** Enough to tell the large from the rest in a picture. */
const PICTURED = 60;

/** The largest volumes, and with them the totals of all that the input matches. */
export const storagePicture = (api: Api, input: Pick<Partial<ListStorageInput>, "tenantId" | "projectId">) =>
  api.storage.list.queryOptions({ storageKind: "pvc", sort: "sizeBytes", limit: PICTURED, ...input });

/** What a clean-up is about, the longest expired first. */
export const expiredVolumes = (api: Api) =>
  api.storage.list.queryOptions({ isExpired: true, sort: "expiresAt", limit: 200 });

/** No stream tells of collections. */
export const HISTORY_POLL_MS = 60_000;

export const collectionPages = (api: Api) =>
  paged<GcHistoryEntry>((from) => api.storage.history.queryOptions({ limit: PAGE, ...from }));

/** The newest collection, and when the next one comes. */
export const newestCollection = (api: Api) =>
  api.storage.history.queryOptions({ limit: 1 }, { refetchInterval: HISTORY_POLL_MS });

export const auditPages = (api: Api, input: Partial<ListAuditInput>) =>
  paged<AuditRow>((from) => api.audit.list.queryOptions({ limit: PAGE, ...input, ...from }));

const VIEWS_SHOWN = 200;

/** A list's saved views, or those of all lists. */
export const viewsOf = (api: Api, page?: ViewPage) =>
  api.views.list.queryOptions({ ...(page === undefined ? {} : { page }), limit: VIEWS_SHOWN });

export const viewCounts = (api: Api, input: Pick<CountViewsInput, "page" | "readerId">) =>
  paged<ViewCount>((from) => api.views.count.queryOptions({ ...input, ...from }));

/** No stream tells of the audit log itself: what is not told of by another is found by asking now and then. */
const AUDIT_POLL_MS = 10_000;

export const auditNewest = (api: Api, input: Partial<ListAuditInput>) =>
  api.audit.list.queryOptions({ limit: PAGE, ...input }, { refetchInterval: AUDIT_POLL_MS });

export const tokenPages = (api: Api) =>
  paged<TokenRecord>((from) => api.identity.tokens.queryOptions({ limit: PAGE, ...from }));

const DELIVERIES_POLL_MS = 3_000;
const DELIVERIES_IDLE_POLL_MS = 15_000;

/** No stream tells of webhooks: they are asked for again soon while something is on its way to one of them. */
export const webhooksPollMs = (webhooks: readonly Pick<Webhook, "isEnabled" | "pending">[]) =>
  webhooks.some(({ isEnabled, pending }) => isEnabled && pending > 0) ? DELIVERIES_POLL_MS : DELIVERIES_IDLE_POLL_MS;

export const webhookPages = (api: Api) =>
  paged<Webhook>((from) => api.webhooks.list.queryOptions({ limit: PAGE, ...from }));

export const webhookNow = (api: Api, webhookId: string) =>
  api.webhooks.get.queryOptions(
    { webhookId },
    { refetchInterval: ({ state }) => webhooksPollMs(state.data === undefined ? [] : [state.data]) },
  );

export const deliveryPages = (api: Api, webhookId: string, state: DeliveryState | null) =>
  paged<WebhookDelivery>((from) =>
    api.webhooks.deliveries.queryOptions({
      webhookId,
      limit: PAGE,
      ...(state === null ? {} : { state }),
      ...from,
    }),
  );

/** No stream tells of schedules. */
export const SCHEDULES_POLL_MS = 15_000;
const FIRING_POLL_MS = 3_000;

/** How soon a schedule is looked at again: soon while its time is here, or a task that it added has not ended. */
export function schedulePollMs({ nextAt, lastFiring }: Pick<Schedule, "nextAt" | "lastFiring">, nowMs: number): number {
  const task = lastFiring?.task ?? null;
  if (task !== null && !isTerminal(task.state)) return FIRING_POLL_MS;
  const leftMs = nextAt === null ? SCHEDULES_POLL_MS : Date.parse(nextAt) - nowMs;
  return Math.min(SCHEDULES_POLL_MS, Math.max(FIRING_POLL_MS, leftMs));
}

export const schedulePages = (api: Api, input: Pick<Partial<ListSchedulesInput>, "search">) =>
  paged<Schedule>((from) => api.schedules.list.queryOptions({ limit: PAGE, ...input, ...from }));

export const scheduleNow = (api: Api, scheduleId: string) => api.schedules.get.queryOptions({ scheduleId });

export const firingPages = (api: Api, scheduleId: string, outcome: ListFiringsInput["outcome"] | null) =>
  paged<ScheduleFiring>((from) =>
    api.schedules.firings.queryOptions({
      scheduleId,
      limit: PAGE,
      ...(outcome === null || outcome === undefined ? {} : { outcome }),
      ...from,
    }),
  );

/** The newest of all of a schedule's times, as its picture has them. */
export const newestFirings = (api: Api, scheduleId: string) =>
  api.schedules.firings.queryOptions({ scheduleId, limit: PICTURED });

/** No stream tells of what is spent. */
export const BUDGETS_POLL_MS = 15_000;
/** Of one that is looked at closely: what is asked for again once a call to a model may have ended. */
const BUDGET_POLL_MS = 5_000;

export const budgetPages = (api: Api, input: Pick<Partial<ListBudgetsInput>, "search">) =>
  paged<Budget>((from) => api.budgets.list.queryOptions({ limit: PAGE, ...input, ...from }));

export const budgetNow = (api: Api, budgetId: string) =>
  api.budgets.get.queryOptions({ budgetId }, { refetchInterval: BUDGET_POLL_MS });

export const budgetPeriodPages = (api: Api, budgetId: string) =>
  paged<BudgetPeriod>((from) => api.budgets.periods.queryOptions({ budgetId, limit: PAGE, ...from }));

/** What a session's calls count towards, as it stands while the session is looked at. */
export const budgetsOfSession = (api: Api, sessionId: string) =>
  api.budgets.ofSession.queryOptions({ sessionId }, { refetchInterval: BUDGET_POLL_MS });

const LEASE_POLL_MS = 5_000;

/**
 * The leases of runs that are shown: no stream tells of heartbeats, so they are asked for while they are. All that are
 * shown are named, whatever their status: what is asked for stays the same as runs begin and end.
 */
export const heldLeases = (api: Api, runs: readonly Pick<RunSummary, "id" | "status">[]) =>
  inPages(runs).map((page) =>
    api.runs.list.queryOptions(
      { status: "claimed", runIds: page.map(({ id }) => id), limit: PAGE },
      { refetchInterval: LEASE_POLL_MS, enabled: page.some(({ status }) => status === "claimed") },
    ),
  );

const SILENCE_POLL_MS = 10_000;

/** Sessions whose turns seem to have gone silent, as they are now: no stream tells of what does not come. */
export const heardSessions = (api: Api, sessionIds: readonly string[], readerId: string) =>
  inPages(sessionIds).map((page) =>
    api.sessions.list.queryOptions(
      { state: "all", sessionIds: page, readerId, limit: PAGE },
      { refetchInterval: SILENCE_POLL_MS },
    ),
  );

/** Few enough at a time for an address to hold their ids. */
export function inPages<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / PAGE) }, (_, index) =>
    items.slice(index * PAGE, (index + 1) * PAGE),
  );
}

/** Within these a failure counts as one of late. */
export const FAILURES_HOURS = 24;
const FAILURES_POLL_MS = 60_000;

export const runFailures = (api: Api) =>
  api.runs.stats.queryOptions({ withinHours: FAILURES_HOURS }, { refetchInterval: FAILURES_POLL_MS });

export const runOutcomes = (api: Api, withinHours: number) =>
  api.runs.outcomes.queryOptions(
    { withinHours },
    { refetchInterval: FAILURES_POLL_MS, placeholderData: (data) => data },
  );

/** A run whose lease is shown: heartbeats change no version, so nothing tells of them and a held lease is asked for. */
export const leasedRun = (api: Api, runId: string) =>
  api.runs.get.queryOptions(
    { runId },
    { refetchInterval: (query) => (query.state.data?.status === "claimed" ? LEASE_POLL_MS : false) },
  );

/** No stream tells of calls to models: a call is there once it has ended. */
const USAGE_POLL_MS = 10_000;

export const usageOfRun = (api: Api, runId: string) =>
  api.usage.ofRun.queryOptions({ runId }, { refetchInterval: USAGE_POLL_MS });

export const usageOfSession = (api: Api, sessionId: string) =>
  api.usage.ofSession.queryOptions({ sessionId }, { refetchInterval: USAGE_POLL_MS });

export const usageOfTask = (api: Api, taskId: string) =>
  api.usage.ofTask.queryOptions({ taskId }, { refetchInterval: USAGE_POLL_MS });

const PROFILES_MAX = 200;
const DAYS_POLL_MS = 60_000;

const USAGE_DAY_MS = 86_400_000;

/** What each profile took on each of the last days of UTC, a week of them unless told. */
export const usageOfProfiles = (api: Api, days = 7) =>
  api.usage.summary.queryOptions(
    {
      ...{ groupBy: "profile", byDay: true, limit: PROFILES_MAX },
      from: new Date(Date.now() - (days - 1) * USAGE_DAY_MS).toISOString().slice(0, 10),
    },
    { refetchInterval: DAYS_POLL_MS, placeholderData: (data) => data },
  );

export const latencyOf = (api: Api, profile: string, within: LatencyWindow) =>
  api.usage.latency.queryOptions(
    { profile, within },
    { refetchInterval: DAYS_POLL_MS, placeholderData: (data) => data },
  );
