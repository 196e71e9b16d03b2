import { GetRunnerInput, ListRunnersInput, RegisterRunnerInput } from "@/contract/runner";
import { getRunner, listRunners, registerRunner } from "@/server/runners";
import { launchProcedure, router, viewerProcedure } from "@/server/trpc/init";

export const runnersRouter = router({
  register: launchProcedure
    .input(RegisterRunnerInput.prefault({}))
    .mutation((opts) => registerRunner(opts.ctx.service, opts.input)),
  get: viewerProcedure.input(GetRunnerInput).query((opts) => getRunner(opts.ctx.service, opts.input)),
  list: viewerProcedure.input(ListRunnersInput.prefault({})).query((opts) => listRunners(opts.ctx.service, opts.input)),
});
