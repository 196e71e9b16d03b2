import type { Api } from "@/components/trpc/lists";

const LIVE_POLL_MS = 5_000;

/** A run's attempts. Nothing tells of an attempt's own end, which comes a moment after its run's: until then it is asked for. */
export const runJobs = (api: Api, runId: string) =>
  api.runnerJobs.list.queryOptions(
    { runId },
    {
      refetchInterval: (query) =>
        query.state.data?.items.some((job) => job.state === "launching" || job.state === "running") === true
          ? LIVE_POLL_MS
          : false,
    },
  );
