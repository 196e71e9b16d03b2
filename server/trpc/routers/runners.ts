import {
  GetRunnerInput,
  ListRunnersInput,
  OrderRunnerInput,
  RegisterRunnerInput,
  RunnerHistoryInput,
  RunnerStatsInput,
} from "@/contract/runner";
import {
  drainRunner,
  getRunner,
  killRunner,
  listRunners,
  registerRunner,
  resumeRunner,
  revokeRunner,
  runnerHistory,
  runnerStats,
} from "@/server/runners";
import { launchProcedure, operatorProcedure, router, viewerProcedure } from "@/server/trpc/init";

export const runnersRouter = router({
  register: launchProcedure
    .input(RegisterRunnerInput.prefault({}))
    .mutation((opts) => registerRunner(opts.ctx.service, opts.input)),
  get: viewerProcedure.input(GetRunnerInput).query((opts) => getRunner(opts.ctx.service, opts.input)),
  list: viewerProcedure.input(ListRunnersInput.prefault({})).query((opts) => listRunners(opts.ctx.service, opts.input)),
  stats: viewerProcedure
    .input(RunnerStatsInput.prefault({}))
    .query((opts) => runnerStats(opts.ctx.service, opts.input)),
  history: viewerProcedure
    .input(RunnerHistoryInput.prefault({}))
    .query((opts) => runnerHistory(opts.ctx.service, opts.input)),
  drain: operatorProcedure.input(OrderRunnerInput).mutation((opts) => drainRunner(opts.ctx.service, opts.input)),
  resume: operatorProcedure.input(OrderRunnerInput).mutation((opts) => resumeRunner(opts.ctx.service, opts.input)),
  revoke: operatorProcedure.input(OrderRunnerInput).mutation((opts) => revokeRunner(opts.ctx.service, opts.input)),
  kill: operatorProcedure.input(OrderRunnerInput).mutation((opts) => killRunner(opts.ctx.service, opts.input)),
});
