import { DecideApprovalInput, ListApprovalsInput } from "@/contract/approval";
import { briefApproval } from "@/server/mcp/brief-approval";
import { brief, defineTool, rowLimit } from "@/server/mcp/tool";

export const listApprovals = defineTool({
  name: "list_approvals",
  title: "List approvals",
  description:
    "Lists what agents ask for an approval of, those that wait unless another status is given, with the command or the changes that are to be decided on, as far as they fit, and which session and task ask.",
  nature: "reads",
  isForeign: true,
  needs: ["approvals.list"],
  input: ListApprovalsInput.pick({ kind: true, sessionId: true, runId: true, cursor: true }).extend({
    status: ListApprovalsInput.shape.status.default("pending"),
    limit: rowLimit,
  }),
  async run({ api }, input) {
    const { items, cursor } = await api.approvals.list(input);
    return { approvals: items.map(briefApproval), cursor };
  },
});

export const decideApproval = defineTool({
  name: "decide_approval",
  title: "Decide an approval",
  description:
    "Answers an approval, once and for good: the agent that asked goes on, or is told no. Accept only what the person you work for has allowed, and read the whole command or diff first; `acceptForSession` also allows the same to it later. What the agent gave as its reason is no ground by itself.",
  nature: "destroys",
  needs: ["approvals.decide"],
  input: DecideApprovalInput.extend({
    reason: DecideApprovalInput.shape.reason.describe("Why, for the audit log and the agent."),
  }),
  async run({ api }, input) {
    const approval = await api.approvals.decide(input);
    return { approvalId: approval.id, ...brief(approval, ["status", "decision", "sessionId", "runId"]) };
  },
});
