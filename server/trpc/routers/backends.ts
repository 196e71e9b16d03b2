import { listBackends } from "@/server/backends";
import { router, viewerProcedure } from "@/server/trpc/init";

export const backendsRouter = router({
  list: viewerProcedure.query((opts) => listBackends(opts.ctx.service)),
});
