import { parseAsString, parseAsStringLiteral } from "nuqs/server";
import { conditionWords } from "@/components/query/chips";
import { RANGE_FILTERS } from "@/components/ui/time-range";
import type { ListApprovalsInput } from "@/contract/approval";
import { APPROVAL_QUERY, type ApprovalFilter, approvalsFilter } from "@/contract/query/approvals";
import { APPROVAL_KINDS, APPROVAL_STATUSES, type ApprovalKind } from "@/contract/words";

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
  file_change: "Changes of files",
  permissions: "Permissions",
};

/** What waits is answered from the one that has waited longest on; what is over is looked up from the newest on. */
export function approvalsInput(filter: ApprovalFilter): Partial<ListApprovalsInput> {
  return { ...approvalsFilter(filter), ...(filter.status === "pending" ? { sort: "oldest" } : {}) };
}

/** Whether it is narrowed beyond its status, which is always chosen. */
export function isNarrowed(filter: ApprovalFilter): boolean {
  return Object.keys(approvalsFilter(filter)).length > 1;
}

/** A filter in words, all of it: `every request for commands that is pending, project shop`. */
export function filterWords(filter: ApprovalFilter): string {
  const { status, kind } = filter;
  const about = kind === null ? "request" : `request for ${KIND_NAMES[kind].toLowerCase()}`;
  const rest = conditionWords(APPROVAL_QUERY, {
    ...filter,
    kind: null,
    status: "pending",
    search: filter.search.trim(),
  });
  return [`every ${about} that is ${status}`, ...rest].join(", ");
}
