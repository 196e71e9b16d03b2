import type { BulkApprovalFilter } from "@/contract/bulk";
import { APPROVAL_KINDS, APPROVAL_STATUSES, type ApprovalKind, type ApprovalStatus } from "@/contract/words";
import type { QueryPage } from "./page";
import { ANY_TIME, type RangeFilter, rangeInput, rangeKeys } from "./range";

export type ApprovalFilter = RangeFilter & {
  status: ApprovalStatus;
  kind: ApprovalKind | null;
  project: string | null;
  tenant: string | null;
  session: string | null;
  run: string | null;
  search: string;
};

export const APPROVAL_QUERY: QueryPage<ApprovalFilter> = {
  page: "approvals",
  words: { field: "search", help: "Whole id of an approval, run or session", isWhole: true },
  keys: [
    {
      name: "status",
      kind: "choice",
      fields: { ":": "status" },
      values: APPROVAL_STATUSES,
      help: "Whether it waits, and what became of it; pending where nothing is said",
    },
    { name: "kind", kind: "choice", fields: { ":": "kind" }, values: APPROVAL_KINDS, help: "What is asked for" },
    { name: "project", kind: "text", fields: { ":": "project" }, help: "Project" },
    { name: "tenant", kind: "text", fields: { ":": "tenant" }, help: "Tenant" },
    { name: "session", kind: "id", fields: { ":": "session" }, help: "Id of the session that asks" },
    { name: "run", kind: "id", fields: { ":": "run" }, help: "Id of the run that asks" },
    ...rangeKeys("it was asked for"),
  ],
  none: {
    status: "pending",
    kind: null,
    project: null,
    tenant: null,
    session: null,
    run: null,
    search: "",
    ...ANY_TIME,
  },
};

/** Converts a filter to the server's input; the list, its counts and bulk actions share it. */
export function approvalsFilter(filter: ApprovalFilter): BulkApprovalFilter {
  const search = filter.search.trim();
  return {
    status: filter.status,
    ...(filter.kind === null ? {} : { kind: filter.kind }),
    ...(filter.project === null ? {} : { projectId: filter.project }),
    ...(filter.tenant === null ? {} : { tenantId: filter.tenant }),
    ...(filter.session === null ? {} : { sessionId: filter.session }),
    ...(filter.run === null ? {} : { runId: filter.run }),
    ...(search === "" ? {} : { search }),
    ...rangeInput(filter),
  };
}
