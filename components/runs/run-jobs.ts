import type { Api } from "@/components/trpc/lists";
import { toServerTime } from "@/components/ui/time/clock";
import type { RunnerJob } from "@/contract/runner";
import { isTerminal, type RunJobSource, type RunStatus } from "@/contract/words";

const LIVE_POLL_MS = 5_000;
const READ_POLL_MS = 2_000;
/** What was left of an attempt is kept a moment after its end: so long after its run's it may yet come. */
const KEPT_WITHIN_MS = 20_000;

type Read = {
  run: { status: RunStatus; updatedAt: string };
  /** The one that was asked for; null: the newest, which another may follow. */
  attempt: string | null;
  isFollowing: boolean;
};

/** How soon what is read of an attempt is read again; false: it stays as it is. */
export function pollOf(source: RunJobSource | undefined, { run, attempt, isFollowing }: Read): number | false {
  const hasEnded = isTerminal(run.status);
  if (source === "kept" && (hasEnded || attempt !== null)) return false;
  if (source === "none" && attempt !== null) return false;
  if (source === "live" && !isFollowing) return false;
  const isLate = toServerTime(Date.now()) - Date.parse(run.updatedAt) > KEPT_WITHIN_MS;
  return hasEnded && isLate ? false : READ_POLL_MS;
}

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
