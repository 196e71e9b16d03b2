import { and, asc, eq, getTableColumns, sql } from "drizzle-orm";
import type { LaunchWait, LaunchWaitReason } from "@/contract/runner";
import { type RunnerJobRow, runnerJobs } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { redactMessage } from "@/server/events";
import { launchWaitOf } from "@/server/runners";

/** A runner job that is recorded and not known to have started. */
export type Launching = {
  job: RunnerJobRow;
  /** Why an earlier pass could not start it; null: no pass has failed. */
  wait: LaunchWait | null;
  /** False until the time of the next try. */
  isDue: boolean;
  /** Milliseconds since its start first failed; 0: it was not tried yet. */
  waitedMs: number;
  /** The number of tries of all waiting jobs together. */
  triesOfAll: number;
};

const RETRY_BASE_MS = 1_000;
const RETRY_MAX_MS = 15_000;
const MESSAGE_MAX = 1_000;

/**
 * Returns all jobs that are to be started. Those with the fewest tries come first, so that none stands before the
 * others for ever.
 */
export async function readLaunching(ctx: ServiceContext): Promise<Launching[]> {
  const waitField = (field: string) => sql`(${runnerJobs.result}->'wait'->>${field})::timestamptz`;
  const rows = await ctx.db
    .select({
      ...getTableColumns(runnerJobs),
      isDue: sql<boolean>`coalesce(${waitField("nextTryAt")} <= clock_timestamp(), true)`,
      waitedMs: sql<number>`coalesce(extract(epoch from clock_timestamp() - ${waitField("since")}) * 1000, 0)::float8`,
    })
    .from(runnerJobs)
    .where(eq(runnerJobs.state, "launching"))
    .orderBy(asc(runnerJobs.createdAt));
  const waits = rows.map(({ isDue, waitedMs, ...job }) => ({ job, wait: launchWaitOf(job), isDue, waitedMs }));
  const triesOfAll = waits.reduce((sum, each) => sum + triesOf(each), 0);
  return waits.map((each) => ({ ...each, triesOfAll })).sort((one, other) => triesOf(one) - triesOf(other));
}

/** Whether the executor is known not to answer now. If so, no start is tried before the next try is due. */
export function isHeldUp(launching: Launching[]): boolean {
  return launching.some(({ wait, isDue }) => !isDue && wait?.reason === "unreachable");
}

/**
 * Notes why a job is not started yet, and when it is tried again. An executor that does not answer one job answers
 * none: all jobs wait together, and each time another of them asks for all. How long a job may be tried counts from its
 * own first try.
 */
export async function noteWait(
  ctx: ServiceContext,
  launching: Launching,
  { reason, message }: { reason: LaunchWaitReason; message: string },
): Promise<void> {
  const { id } = launching.job;
  const tries = triesOf(launching) + 1;
  const isOfAll = reason === "unreachable";
  const doublings = Math.min(isOfAll ? launching.triesOfAll : tries - 1, 10);
  const delayMs = Math.min(RETRY_BASE_MS * 2 ** doublings, RETRY_MAX_MS);
  const before = (field: string) => sql`${runnerJobs.result}->'wait'->${field}::text`;
  const now = sql`to_jsonb(clock_timestamp())`;
  const isFirst = sql`(${runnerJobs.id} = ${id} and ${tries}::int = 1)`;
  const wait = sql`jsonb_build_object(
    'reason', ${reason}::text, 'message', ${redactMessage(message)?.slice(0, MESSAGE_MAX) ?? ""}::text,
    'tries', case when ${runnerJobs.id} = ${id} then to_jsonb(${tries}::int) else coalesce(${before("tries")}, '0') end,
    'since', case when ${isFirst} then ${now} else coalesce(${before("since")}, ${now}) end,
    'nextTryAt', to_jsonb(clock_timestamp() + ${delayMs} * interval '1 millisecond'))`;
  await ctx.db
    .update(runnerJobs)
    .set({ result: sql`jsonb_build_object('wait', ${wait})`, updatedAt: sql`clock_timestamp()` })
    .where(and(eq(runnerJobs.state, "launching"), isOfAll ? undefined : eq(runnerJobs.id, id)));
  ctx.wake("runs");
}

/** Whether the job was tried for as long as a launch may be. A job that only waited with others was not tried. */
export function isOverdue(launching: Launching, launchMaxMs: number): boolean {
  return triesOf(launching) > 0 && launching.waitedMs >= launchMaxMs;
}

function triesOf({ wait }: Pick<Launching, "wait">): number {
  return wait?.tries ?? 0;
}
