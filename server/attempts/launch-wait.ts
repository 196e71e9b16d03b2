import { and, asc, eq, getTableColumns, sql } from "drizzle-orm";
import type { LaunchWait, LaunchWaitReason } from "@/contract/runner";
import { type RunnerJobRow, runnerJobs } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { launchWaitOf } from "@/server/runners";

/** A runner job that was recorded and is not known to be started. */
export type Launching = {
  job: RunnerJobRow;
  /** Why an earlier pass could not start it. */
  wait: LaunchWait | null;
  /** False until the time that its wait names. */
  isDue: boolean;
  /** Since it could not be started for the first time; 0 where it was not tried yet. */
  waitedMs: number;
  /** How often any of those that wait was tried. */
  triesOfAll: number;
};

const RETRY_BASE_MS = 1_000;
const RETRY_MAX_MS = 15_000;
const MESSAGE_MAX = 1_000;

/** All that are to be started; those that were tried least come first, so that none stands before the others for ever. */
export async function readLaunching(ctx: ServiceContext): Promise<Launching[]> {
  const said = (field: string) => sql`(${runnerJobs.result}->'wait'->>${field})::timestamptz`;
  const rows = await ctx.db
    .select({
      ...getTableColumns(runnerJobs),
      isDue: sql<boolean>`coalesce(${said("nextTryAt")} <= clock_timestamp(), true)`,
      waitedMs: sql<number>`coalesce(extract(epoch from clock_timestamp() - ${said("since")}) * 1000, 0)::float8`,
    })
    .from(runnerJobs)
    .where(eq(runnerJobs.state, "launching"))
    .orderBy(asc(runnerJobs.createdAt));
  const waits = rows.map(({ isDue, waitedMs, ...job }) => ({ job, wait: launchWaitOf(job), isDue, waitedMs }));
  const triesOfAll = waits.reduce((sum, each) => sum + triesOf(each), 0);
  return waits.map((each) => ({ ...each, triesOfAll })).sort((one, other) => triesOf(one) - triesOf(other));
}

/** Whether it is known that nobody can be started for now, so that nobody is asked before that is due again. */
export function isHeldUp(launching: Launching[]): boolean {
  return launching.some(({ wait, isDue }) => !isDue && wait?.reason === "unreachable");
}

/**
 * Notes why a job is not started yet, and when it is tried again. Who gives no answer gives it to none of the others
 * either: they wait with it, and one asks for all of them, each time another. How long one may be tried counts from its
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
    'reason', ${reason}::text, 'message', ${message.slice(0, MESSAGE_MAX)}::text,
    'tries', case when ${runnerJobs.id} = ${id} then to_jsonb(${tries}::int) else coalesce(${before("tries")}, '0') end,
    'since', case when ${isFirst} then ${now} else coalesce(${before("since")}, ${now}) end,
    'nextTryAt', to_jsonb(clock_timestamp() + ${delayMs} * interval '1 millisecond'))`;
  await ctx.db
    .update(runnerJobs)
    .set({ result: sql`jsonb_build_object('wait', ${wait})`, updatedAt: sql`clock_timestamp()` })
    .where(and(eq(runnerJobs.state, "launching"), isOfAll ? undefined : eq(runnerJobs.id, id)));
  ctx.wake("runs");
}

/** Whether it was tried for as long as a launch may be; one that only waited with others was not. */
export function isOverdue(launching: Launching, launchMaxMs: number): boolean {
  return triesOf(launching) > 0 && launching.waitedMs >= launchMaxMs;
}

function triesOf({ wait }: Pick<Launching, "wait">): number {
  return wait?.tries ?? 0;
}
