import { ListChangesInput } from "@/contract/event";
import {
  CancelRunInput,
  ClaimRunInput,
  CreateRunInput,
  FinishRunInput,
  ForceReleaseInput,
  GetRunInput,
  HeartbeatInput,
  ListRunsInput,
  LogBodiesInput,
  ReleaseRunInput,
  RunOutcomesInput,
  RunStatsInput,
} from "@/contract/run";
import { RunJobInput, RunLogInput } from "@/contract/run-job";
import { ReadTimelineInput } from "@/contract/timeline";
import { ReadTurnsInput } from "@/contract/turns";
import { WatchRunsInput } from "@/contract/watch";
import { listChanges } from "@/server/events";
import { readRunJob, readRunLog } from "@/server/inspection";
import { openFeed } from "@/server/live";
import {
  cancelRun,
  claimRun,
  createRun,
  finishRun,
  forceReleaseRun,
  getRun,
  heartbeatRun,
  listRuns,
  releaseRun,
  runOutcomes,
  runStats,
  setBodyLogging,
} from "@/server/runs";
import { readTimeline } from "@/server/timeline";
import {
  adminProcedure,
  launchProcedure,
  operatorProcedure,
  router,
  runnerProcedure,
  viewerProcedure,
} from "@/server/trpc/init";
import { asStream, trackAll } from "@/server/trpc/watch";
import { readTurns } from "@/server/turns";

export const runsRouter = router({
  create: operatorProcedure.input(CreateRunInput).mutation((opts) => createRun(opts.ctx.service, opts.input)),
  get: launchProcedure.input(GetRunInput).query((opts) => getRun(opts.ctx.service, opts.input)),
  list: viewerProcedure.input(ListRunsInput.prefault({})).query((opts) => listRuns(opts.ctx.service, opts.input)),
  stats: viewerProcedure.input(RunStatsInput.prefault({})).query((opts) => runStats(opts.ctx.service, opts.input)),
  outcomes: viewerProcedure
    .input(RunOutcomesInput.prefault({}))
    .query((opts) => runOutcomes(opts.ctx.service, opts.input)),
  timeline: viewerProcedure.input(ReadTimelineInput).query((opts) => readTimeline(opts.ctx.service, opts.input)),
  turns: viewerProcedure.input(ReadTurnsInput).query((opts) => readTurns(opts.ctx.service, opts.input)),
  job: viewerProcedure.input(RunJobInput).query((opts) => readRunJob(opts.ctx.service, opts.input)),
  log: viewerProcedure.input(RunLogInput).query((opts) => readRunLog(opts.ctx.service, opts.input)),
  changes: viewerProcedure.input(ListChangesInput).query((opts) => listChanges(opts.ctx.service, opts.input)),
  claim: launchProcedure.input(ClaimRunInput).mutation((opts) => claimRun(opts.ctx.service, opts.input)),
  heartbeat: runnerProcedure.input(HeartbeatInput).mutation((opts) => heartbeatRun(opts.ctx.service, opts.input)),
  finish: runnerProcedure.input(FinishRunInput).mutation((opts) => finishRun(opts.ctx.service, opts.input)),
  release: runnerProcedure.input(ReleaseRunInput).mutation((opts) => releaseRun(opts.ctx.service, opts.input)),
  cancel: operatorProcedure.input(CancelRunInput).mutation((opts) => cancelRun(opts.ctx.service, opts.input)),
  logBodies: operatorProcedure.input(LogBodiesInput).mutation((opts) => setBodyLogging(opts.ctx.service, opts.input)),
  watch: viewerProcedure.input(WatchRunsInput.prefault({})).subscription((opts) =>
    asStream(opts, async ({ ctx, live, signal }) => {
      const feed = await openFeed(ctx, live.runs, opts.input, signal);
      return trackAll(feed.entries, (entry) => entry.item);
    }),
  ),
  forceRelease: adminProcedure
    .input(ForceReleaseInput)
    .mutation((opts) => forceReleaseRun(opts.ctx.service, opts.input)),
});
