import { parseAsString, parseAsStringLiteral } from "nuqs/server";
import type { ListApprovalsInput } from "@/contract/approval";
import { APPROVAL_KINDS, APPROVAL_STATUSES, type ApprovalKind, type ApprovalStatus } from "@/contract/words";

/** The inbox's filter, as its address holds it. */
export const APPROVAL_FILTERS = {
  status: parseAsStringLiteral(APPROVAL_STATUSES).withDefault("pending"),
  kind: parseAsStringLiteral(APPROVAL_KINDS),
  project: parseAsString,
};
export type ApprovalFilter = { status: ApprovalStatus; kind: ApprovalKind | null; project: string | null };

export const KIND_NAMES: Record<ApprovalKind, string> = {
  command: "Commands",
  file_change: "Changes of files",
  permissions: "Permissions",
};

/** What the filter means to the server; an action on all that match is about the same. */
export function approvalsFilter({ status, kind, project }: ApprovalFilter) {
  return {
    status,
    ...(kind === null ? {} : { kind }),
    ...(project === null ? {} : { projectId: project }),
  };
}

/** What waits is answered from the one that has waited longest on; what is over is looked up from the newest on. */
export function approvalsInput(filter: ApprovalFilter): Partial<ListApprovalsInput> {
  return { ...approvalsFilter(filter), ...(filter.status === "pending" ? { sort: "oldest" } : {}) };
}

/** A filter in words, all of it. */
export function filterWords({ status, kind, project }: ApprovalFilter): string {
  const about = kind === null ? "request" : `request for ${KIND_NAMES[kind].toLowerCase()}`;
  return `every ${about} that is ${status}${project === null ? "" : ` in ${project}`}`;
}
