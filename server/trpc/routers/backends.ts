import { ListBackendsInput, SetBackendInput } from "@/contract/backend";
import { listBackends, setBackend } from "@/server/backends";
import { adminProcedure, router, viewerProcedure } from "@/server/trpc/init";

export const backendsRouter = router({
  list: viewerProcedure
    .input(ListBackendsInput.prefault({}))
    .query((opts) => listBackends(opts.ctx.service, opts.input)),
  set: adminProcedure.input(SetBackendInput).mutation((opts) => setBackend(opts.ctx.service, opts.input)),
});
