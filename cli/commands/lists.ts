import type { Column } from "@/cli/table";
import { formatAge, formatBytes } from "@/components/ui/format";
import type { ApprovalSummary } from "@/contract/approval";
import type { AuditRow } from "@/contract/audit";
import { approvalsFilter } from "@/contract/query/approvals";
import { auditInput } from "@/contract/query/audit";
import type { QueryPage } from "@/contract/query/page";
import { QUERY_PAGES } from "@/contract/query/pages";
import { runnersInput } from "@/contract/query/runners";
import { runsInput } from "@/contract/query/runs";
import { sessionsInput } from "@/contract/query/sessions";
import { storageInput } from "@/contract/query/storage";
import { tasksInput } from "@/contract/query/tasks";
import type { QueueTaskSummary } from "@/contract/queue";
import type { Run } from "@/contract/run";
import type { Runner } from "@/contract/runner";
import type { SessionSummary } from "@/contract/session";
import type { StorageSummary } from "@/contract/storage";

/** A list of the console as a terminal shows it. */
export type Listing<Filter, Row> = {
  path: string;
  query: QueryPage<never>;
  /** Converts a filter to the server's input. */
  input: (filter: Filter) => object;
  columns: readonly Column<Row>[];
};

const age = (at: string | null) => (at === null ? "" : formatAge(Date.parse(at), Date.now()));
const textOrEmpty = (text: string | null) => text ?? "";

function listing<Filter, Row>(path: string, query: unknown, more: Pick<Listing<Filter, Row>, "input" | "columns">) {
  return { path, query, ...more } as unknown as Listing<never, never>;
}

/** Every list by name. */
export const LISTINGS: Record<string, Listing<never, never>> = {
  sessions: listing<Parameters<typeof sessionsInput>[0], SessionSummary>("/sessions", QUERY_PAGES.sessions, {
    input: (filter) => sessionsInput(filter, null),
    columns: [
      { name: "ID", of: ({ sessionId }) => sessionId },
      { name: "STATE", of: ({ executionState, pendingApprovals }) => (pendingApprovals > 0 ? "asks" : executionState) },
      { name: "PROFILE", of: ({ backendProfile }) => backendProfile },
      { name: "PROJECT", of: ({ projectId }) => projectId },
      { name: "STORAGE", of: ({ storageState }) => storageState },
      { name: "CHANGED", of: ({ updatedAt }) => age(updatedAt) },
      { name: "TITLE", of: ({ title }) => textOrEmpty(title), canBeCut: true },
    ],
  }),
  runs: listing<Parameters<typeof runsInput>[0], Run>("/runs", QUERY_PAGES.runs, {
    input: runsInput,
    columns: [
      { name: "ID", of: ({ id }) => id },
      { name: "STATUS", of: ({ status }) => status },
      { name: "FAILURE", of: ({ failureKind }) => failureKind ?? "" },
      { name: "PROFILE", of: ({ backendProfile }) => backendProfile },
      { name: "CREATED", of: ({ createdAt }) => age(createdAt) },
      { name: "SESSION", of: ({ sessionRef }) => String(sessionRef?.sessionId ?? "") },
      { name: "WHY", of: ({ failureMessage }) => textOrEmpty(failureMessage), canBeCut: true },
    ],
  }),
  queue: listing<Parameters<typeof tasksInput>[0], QueueTaskSummary>("/queue/tasks", QUERY_PAGES.queue, {
    input: (filter) => tasksInput(filter, null),
    columns: [
      { name: "ID", of: ({ id }) => id },
      { name: "STATE", of: ({ state }) => state },
      { name: "PRIORITY", of: ({ priority }) => String(priority) },
      { name: "LANE", of: ({ queue, lane }) => `${queue}/${lane}` },
      { name: "ADDED", of: ({ createdAt }) => age(createdAt) },
      { name: "TITLE", of: ({ title }) => title, canBeCut: true },
      { name: "WAITS FOR", of: ({ blocker, failureKind }) => blocker?.message ?? failureKind ?? "", canBeCut: true },
    ],
  }),
  approvals: listing<Parameters<typeof approvalsFilter>[0], ApprovalSummary>("/approvals", QUERY_PAGES.approvals, {
    input: approvalsFilter,
    columns: [
      { name: "ID", of: ({ id }) => id },
      { name: "STATUS", of: ({ status }) => status },
      { name: "KIND", of: ({ kind }) => kind },
      { name: "ASKED", of: ({ createdAt }) => age(createdAt) },
      { name: "SESSION", of: ({ sessionId }) => sessionId ?? "" },
      { name: "FOR", of: ({ command, reason }) => command ?? reason ?? "", canBeCut: true },
    ],
  }),
  runners: listing<Parameters<typeof runnersInput>[0], Runner>("/runners", QUERY_PAGES.runners, {
    input: runnersInput,
    columns: [
      { name: "ID", of: ({ id }) => id },
      { name: "STATE", of: ({ state }) => state },
      { name: "PROFILE", of: ({ backendProfile }) => backendProfile ?? "" },
      { name: "BEAT", of: ({ heartbeatAt }) => age(heartbeatAt) },
      { name: "RUN", of: ({ runId }) => runId ?? "" },
      { name: "AT", of: ({ placement }) => placement ?? "", canBeCut: true },
    ],
  }),
  storage: listing<Parameters<typeof storageInput>[0], StorageSummary>("/storage", QUERY_PAGES.storage, {
    input: storageInput,
    columns: [
      { name: "SESSION", of: ({ sessionId }) => sessionId },
      { name: "STATE", of: ({ storageState }) => storageState },
      { name: "SIZE", of: ({ sizeBytes }) => (sizeBytes === null ? "" : formatBytes(sizeBytes)) },
      { name: "EXPIRES", of: ({ expiresAt }) => age(expiresAt) },
      { name: "PINNED", of: ({ pinnedAt }) => (pinnedAt === null ? "" : "yes") },
      { name: "ARCHIVED", of: ({ archivedAt }) => age(archivedAt) },
      { name: "KEPT BECAUSE", of: ({ keeper }) => keeper ?? "", canBeCut: true },
    ],
  }),
  audit: listing<Parameters<typeof auditInput>[0], AuditRow>("/audit", QUERY_PAGES.audit, {
    input: auditInput,
    columns: [
      { name: "AT", of: ({ at }) => at },
      { name: "WHO", of: ({ actor }) => actor },
      { name: "DID", of: ({ action }) => action },
      { name: "TO", of: ({ targetKind, targetId }) => `${targetKind} ${targetId}`, canBeCut: true },
    ],
  }),
};
