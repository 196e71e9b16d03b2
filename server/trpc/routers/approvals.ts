import { DecideApprovalInput, GetApprovalInput, ListApprovalsInput, RequestApprovalInput } from "@/contract/approval";
import { decideApproval, getApproval, listApprovals, requestApproval } from "@/server/approvals";
import { operatorProcedure, router, runnerProcedure, viewerProcedure } from "@/server/trpc/init";

export const approvalsRouter = router({
  request: runnerProcedure
    .input(RequestApprovalInput)
    .mutation((opts) => requestApproval(opts.ctx.service, opts.input)),
  list: viewerProcedure
    .input(ListApprovalsInput.prefault({}))
    .query((opts) => listApprovals(opts.ctx.service, opts.input)),
  get: viewerProcedure.input(GetApprovalInput).query((opts) => getApproval(opts.ctx.service, opts.input)),
  decide: operatorProcedure.input(DecideApprovalInput).mutation((opts) => decideApproval(opts.ctx.service, opts.input)),
});
