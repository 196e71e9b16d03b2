export { countApprovals, getApproval, listApprovals, matchesApprovals, toApproval } from "./approval";
export { decideApproval } from "./decide";
export { recordDecision, settleDecision, withdrawDecision } from "./record-decision";
export { requestApproval } from "./request";
export { settleApprovals, supersedePending } from "./settle";
