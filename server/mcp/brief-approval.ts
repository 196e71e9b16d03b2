import type { ApprovalSummary } from "@/contract/approval";
import { brief, cut, type ToolAnswer } from "./tool";

/** A diff is shown as far as it can be judged by a glance; `approvals.get` has it whole. */
const DIFF_MAX = 1_500;
const COMMAND_MAX = 4_000;

/** An approval with all that a decision needs. */
export function briefApproval(approval: ApprovalSummary): ToolAnswer {
  const { id, command, changes } = approval;
  return {
    approvalId: id,
    ...brief(approval, ["kind", "status", "cwd", "reason", "decision", "decidedBy", "createdAt", "expiresAt"]),
    ...(command === null ? {} : { command: cut(command, COMMAND_MAX) }),
    ...(changes === null
      ? {}
      : { changes: changes.map((change) => ({ ...change, diff: cut(change.diff, DIFF_MAX) })) }),
    ...brief(approval, ["sessionId", "sessionTitle", "runId", "taskId", "taskTitle"]),
  };
}
