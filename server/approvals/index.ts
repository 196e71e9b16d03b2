export { getApproval, listApprovals } from "./approval";
export { decideApproval } from "./decide";
export { requestApproval } from "./request";
