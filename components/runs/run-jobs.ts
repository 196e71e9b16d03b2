import type { Api } from "@/components/trpc/lists";
import type { RunnerJob } from "@/contract/runner";

const LIVE_POLL_MS = 5_000;

/** A run's attempts. Nothing tells of an attempt's own end, which comes a moment after its run's: until then it is asked for. */
export const runJobs = (api: Api, runId: string) =>
  api.runnerJobs.list.queryOptions(
    { runId },
    {
      refetchInterval: (query) => (query.state.data?.items.some(isLive) === true ? LIVE_POLL_MS : false),
    },
  );

/** Whether an attempt is still at work, as far as is known. */
export const isLive = ({ state }: Pick<RunnerJob, "state">) => state === "launching" || state === "running";
