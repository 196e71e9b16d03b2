import {
  ListCallsInput,
  UsageLatencyInput,
  UsageOfRunInput,
  UsageOfSessionInput,
  UsageOfTaskInput,
  UsageSummaryInput,
} from "@/contract/usage";
import { adminProcedure, router, viewerProcedure } from "@/server/trpc/init";
import {
  latencyOfProfile,
  listCalls,
  summarizeUsage,
  usageOfRun,
  usageOfSession,
  usageOfTask,
  verifyUsage,
} from "@/server/usage";

export const usageRouter = router({
  ofRun: viewerProcedure.input(UsageOfRunInput).query((opts) => usageOfRun(opts.ctx.service, opts.input)),
  ofSession: viewerProcedure.input(UsageOfSessionInput).query((opts) => usageOfSession(opts.ctx.service, opts.input)),
  ofTask: viewerProcedure.input(UsageOfTaskInput).query((opts) => usageOfTask(opts.ctx.service, opts.input)),
  summary: viewerProcedure
    .input(UsageSummaryInput.prefault({}))
    .query((opts) => summarizeUsage(opts.ctx.service, opts.input)),
  latency: viewerProcedure.input(UsageLatencyInput).query((opts) => latencyOfProfile(opts.ctx.service, opts.input)),
  calls: viewerProcedure.input(ListCallsInput.prefault({})).query((opts) => listCalls(opts.ctx.service, opts.input)),
  verify: adminProcedure.query((opts) => verifyUsage(opts.ctx.service)),
});
