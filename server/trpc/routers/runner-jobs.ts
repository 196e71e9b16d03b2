import { GetRunnerJobInput, LaunchRunnerJobInput, ListRunnerJobsInput } from "@/contract/runner";
import { getRunnerJob, launchRunnerJob, listRunnerJobs } from "@/server/runners";
import { operatorProcedure, router, viewerProcedure } from "@/server/trpc/init";

export const runnerJobsRouter = router({
  launch: operatorProcedure
    .input(LaunchRunnerJobInput)
    .mutation((opts) => launchRunnerJob(opts.ctx.service, opts.input)),
  get: viewerProcedure.input(GetRunnerJobInput).query((opts) => getRunnerJob(opts.ctx.service, opts.input)),
  list: viewerProcedure.input(ListRunnerJobsInput).query((opts) => listRunnerJobs(opts.ctx.service, opts.input)),
});
