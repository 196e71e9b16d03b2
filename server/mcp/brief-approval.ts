import type { ApprovalSummary } from "@/contract/approval";
import { brief, cut, type ToolAnswer } from "./tool";

/** The maximum of characters of all diffs of an approval together, and of each file's name; and of files named. */
const DIFFS_MAX = 6_000;
const PATH_MAX = 300;
const FILES_MAX = 40;
/** The maximum length of a command. Both of its ends are shown, because what matters may stand at either. */
const COMMAND_MAX = 4_000;
const REASON_MAX = 1_000;

/**
 * Returns an approval with what a decision needs. Where that does not fit, the answer says so and where the rest can be
 * read.
 */
export function briefApproval(approval: ApprovalSummary): ToolAnswer {
  const { id, command, changes, reason } = approval;
  const summary = {
    ...(command === null ? {} : { command: bothEnds(command) }),
    ...(changes === null ? {} : { changes: briefChanges(changes), files: changes.length }),
  };
  const isCut =
    (command !== null && command.length > COMMAND_MAX) ||
    (changes !== null && (changes.length > FILES_MAX || lengthOf(changes) > DIFFS_MAX));
  return {
    approvalId: id,
    ...brief(approval, ["kind", "status", "cwd", "decision", "decidedBy", "createdAt", "expiresAt"]),
    ...brief({ reason: reason === null ? null : cut(reason, REASON_MAX) }, ["reason"]),
    ...summary,
    ...(isCut ? { isCut, whole: "approvals.get by call_procedure: do not accept before it was read" } : {}),
    ...brief(approval, ["sessionId", "sessionTitle", "runId", "taskId", "taskTitle"]),
  };
}

type Changes = NonNullable<ApprovalSummary["changes"]>;

function lengthOf(changes: Changes): number {
  return changes.reduce((sum, { diff }) => sum + diff.length, 0);
}

function briefChanges(changes: Changes): ToolAnswer[] {
  let remaining = DIFFS_MAX;
  return changes.slice(0, FILES_MAX).map((change) => {
    const diff = cut(change.diff, remaining);
    remaining = Math.max(0, remaining - change.diff.length);
    return { ...change, path: cut(change.path, PATH_MAX), diff };
  });
}

function bothEnds(command: string): string {
  if (command.length <= COMMAND_MAX) return command;
  const half = COMMAND_MAX / 2;
  // Half of a surrogate pair is not a character.
  const end = command.slice(-half).replace(/^[\uDC00-\uDFFF]/, "");
  const start = command.slice(0, half).replace(/[\uD800-\uDBFF]$/, "");
  return `${start}… [${command.length - start.length - end.length} characters left out] …${end}`;
}
