import { ListAuditInput } from "@/contract/audit";
import { listAudit } from "@/server/audit-log";
import { router, viewerProcedure } from "@/server/trpc/init";

export const auditRouter = router({
  list: viewerProcedure.input(ListAuditInput.prefault({})).query((opts) => listAudit(opts.ctx.service, opts.input)),
});
