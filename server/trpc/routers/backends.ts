import { GetBackendInput, ListBackendsInput, SetBackendInput } from "@/contract/backend";
import { getBackend, listBackends, setBackend, testBackend } from "@/server/backends";
import { adminProcedure, operatorProcedure, router, viewerProcedure } from "@/server/trpc/init";

export const backendsRouter = router({
  list: viewerProcedure
    .input(ListBackendsInput.prefault({}))
    .query((opts) => listBackends(opts.ctx.service, opts.input)),
  get: viewerProcedure.input(GetBackendInput).query((opts) => getBackend(opts.ctx.service, opts.input)),
  set: adminProcedure.input(SetBackendInput).mutation((opts) => setBackend(opts.ctx.service, opts.input)),
  test: operatorProcedure.input(GetBackendInput).mutation((opts) => testBackend(opts.ctx.service, opts.input)),
});
