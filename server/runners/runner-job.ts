import { and, desc, eq, gte, lt, type SQL, sql } from "drizzle-orm";
import type { Page } from "@/contract/page";
import type { LaunchWait, ListRunnerJobsInput, RunnerJob } from "@/contract/runner";
import { ID_PREFIX } from "@/contract/words";
import { type RunnerJobRow, runnerJobs, runs } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { getRun } from "@/server/runs";
import { iso, storedJson } from "@/server/stored";

export function toRunnerJob(row: RunnerJobRow): RunnerJob {
  const { endedAt: _endedAt, ...job } = row;
  const { wait: _wait, ...result } = storedJson(row.result) ?? {};
  return { ...job, result, wait: launchWaitOf(row), createdAt: iso(row.createdAt), updatedAt: iso(row.updatedAt) };
}

/**
 * Returns why a launching runner job has not been started yet. This is kept in the job's result until it has a real
 * one.
 */
export function launchWaitOf({ state, result }: Pick<RunnerJobRow, "state" | "result">): LaunchWait | null {
  if (state !== "launching") return null;
  const { wait } = (storedJson(result) ?? {}) as { wait?: LaunchWait };
  if (wait === undefined) return null;
  const { since, nextTryAt } = wait;
  // The instants are stored in the database's own format.
  return { ...wait, since: iso(new Date(since)), nextTryAt: iso(new Date(nextTryAt)) };
}

/** Finds a runner job by its own id or by its attempt's. */
export async function getRunnerJob(ctx: ServiceContext, input: { runnerJobId: string }): Promise<RunnerJob> {
  const tenantId = tenantOf(ctx);
  const [found] = await ctx.db
    .select({ job: runnerJobs })
    .from(runnerJobs)
    .innerJoin(runs, eq(runs.id, runnerJobs.runId))
    .where(and(matchesJobId(input.runnerJobId), tenantId === null ? undefined : eq(runs.tenantId, tenantId)));
  if (!found) throw new NotFoundError("runner job", input.runnerJobId);
  return toRunnerJob(found.job);
}

const ATTEMPT_ID = new RegExp(`^${ID_PREFIX.attempt}([0-9a-f]{32})$`);
/** How many digits of an id hold its time. */
const TIME_DIGITS = 12;
const MADE_WITHIN_MS = 60_000n;

/**
 * Matches a job by its own id or by its attempt's. No index holds the attempts of ended jobs, but both ids begin with a
 * time and the job's is made right after its attempt's: so only the jobs of that minute are searched.
 */
function matchesJobId(id: string): SQL | undefined {
  const digits = ATTEMPT_ID.exec(id)?.[1];
  if (digits === undefined) return eq(runnerJobs.id, id);
  const time = digits.slice(0, TIME_DIGITS);
  const until = (BigInt(`0x${time}`) + MADE_WITHIN_MS).toString(16).padStart(TIME_DIGITS, "0");
  return and(
    gte(runnerJobs.id, `${ID_PREFIX.runnerJob}${time}`),
    lt(runnerJobs.id, `${ID_PREFIX.runnerJob}${until}`),
    eq(runnerJobs.attemptId, id),
  );
}

/** Lists the runner jobs of a run, the newest first. A job is what the API calls an attempt. */
export async function listRunnerJobs(ctx: ServiceContext, input: ListRunnerJobsInput): Promise<Page<RunnerJob>> {
  const { cursor, limit, runId } = input;
  const filter = { runId, list: "runnerJobs.list" };
  await getRun(ctx, { runId: input.runId });
  const [createdAt, id] = cursor === undefined ? [] : decodePlace(filter, cursor, 2);
  const rows = await ctx.db
    .select({ job: runnerJobs, position: sql<string>`${runnerJobs.createdAt}::text` })
    .from(runnerJobs)
    .where(
      and(
        eq(runnerJobs.runId, input.runId),
        cursor === undefined
          ? undefined
          : sql`(${runnerJobs.createdAt}, ${runnerJobs.id}) < (${createdAt}::timestamptz, ${id})`,
      ),
    )
    .orderBy(desc(runnerJobs.createdAt), desc(runnerJobs.id))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.position, last.job.id]));
  return { items: page.rows.map((row) => toRunnerJob(row.job)), cursor: page.cursor };
}
