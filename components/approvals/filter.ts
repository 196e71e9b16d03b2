import { parseAsString, parseAsStringLiteral } from "nuqs/server";
import { conditionWords } from "@/components/query/chips";
import { RANGE_FILTERS } from "@/components/ui/time/time-range";
import type { ListApprovalsInput } from "@/contract/approval";
import { APPROVAL_QUERY, type ApprovalFilter, approvalsFilter } from "@/contract/query/approvals";
import { APPROVAL_KINDS, APPROVAL_STATUSES, type ApprovalKind, type ApprovalStatus } from "@/contract/words";

export { type ApprovalFilter, approvalsFilter } from "@/contract/query/approvals";

/** The inbox's filter, as its address holds it. */
export const APPROVAL_FILTERS = {
  status: parseAsStringLiteral(APPROVAL_STATUSES).withDefault("pending"),
  kind: parseAsStringLiteral(APPROVAL_KINDS),
  project: parseAsString,
  tenant: parseAsString,
  session: parseAsString,
  run: parseAsString,
  search: parseAsString.withDefault(""),
  ...RANGE_FILTERS,
};

export const KIND_NAMES: Record<ApprovalKind, string> = {
  command: "Commands",
  file_change: "File changes",
  permissions: "Permissions",
};

export const STATUS_NAMES: Record<ApprovalStatus, string> = {
  pending: "Waiting",
  decided: "Delivering",
  applied: "Answered",
  superseded: "No longer needed",
  ambiguous: "Unclear",
};

/** What waits is answered from the one that has waited longest on; what is over is looked up from the newest on. */
export function approvalsInput(filter: ApprovalFilter): Partial<ListApprovalsInput> {
  return { ...approvalsFilter(filter), ...(filter.status === "pending" ? { sort: "oldest" } : {}) };
}

/** Whether it is narrowed beyond its status, which is always chosen. */
export function isNarrowed(filter: ApprovalFilter): boolean {
  return Object.keys(approvalsFilter(filter)).length > 1;
}

/** A filter in words, all of it: `every request for commands (waiting), project shop`. */
export function filterWords(filter: ApprovalFilter): string {
  const { status, kind } = filter;
  const about = kind === null ? "request" : `request for ${KIND_NAMES[kind].toLowerCase()}`;
  const otherConditions = conditionWords(APPROVAL_QUERY, {
    ...filter,
    kind: null,
    status: "pending",
    search: filter.search.trim(),
  });
  return [`every ${about} (${STATUS_NAMES[status].toLowerCase()})`, ...otherConditions].join(", ");
}
