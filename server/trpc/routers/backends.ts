import { ListBackendsInput } from "@/contract/backend";
import { listBackends } from "@/server/backends";
import { router, viewerProcedure } from "@/server/trpc/init";

export const backendsRouter = router({
  list: viewerProcedure
    .input(ListBackendsInput.prefault({}))
    .query((opts) => listBackends(opts.ctx.service, opts.input)),
});
