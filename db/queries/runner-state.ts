import { and, eq, type SQL, sql } from "drizzle-orm";
import type { RunnerState } from "@/contract/words";
import type { Db, Tx } from "@/db/client";
import { commands, leases, queueTasks, runnerJobs, runners, runs, sessions } from "@/db/schema";
import { fromSilentRuns } from "./silent-since";

/** The assumed length of a lease that nobody reported. */
const LEASE_MS = 20_000;

export const leaseMs = sql<number>`coalesce(${runners.leaseMs}, ${LEASE_MS})`;
export const isHeld = sql<boolean>`coalesce(${runs.status} = 'claimed' and ${runs.claimedBy} = ${runners.id}, false)`;
/**
 * Four beats a lease: the second missed beat is due after half of it; another twentieth allows for its way to the
 * server.
 */
const isLate = sql`${runners.heartbeatAt} < clock_timestamp() - ${leaseMs} * interval '0.55 millisecond'`;
const turnsIn = (state: "pending" | "acknowledged") => sql<number>`(
  select count(*)::int from ${commands} where ${commands.runId} = ${runs.id} and ${commands.type} = 'turn'
    and ${commands.state} in ('pending', 'acknowledged') and ${commands.state} = ${sql.raw(`'${state}'`)})`;
const hasTurn = sql`exists (
  select from ${commands} where ${commands.runId} = ${runs.id} and ${commands.type} = 'turn'
    and ${commands.state} in ('pending', 'acknowledged'))`;

/**
 * The single definition of a runner's state, used wherever runners are listed, counted or reported. A runner that has
 * lost its run stays `lost` until another runner has the run, or the run ends. A runner that has given up its run is
 * about to end.
 */
export const runnerState = sql<RunnerState>`case
  when ${runners.endedAt} is not null then 'ended'
  when ${isHeld} and (${runs.leaseState} in ('expired', 'fencing')
    or ${leases.leaseExpiresAt} <= clock_timestamp()) then 'lost'
  when ${runners.endKind} = 'lost' and ${runs.status} = 'pending' then 'lost'
  when ${isHeld} and ${isLate} then 'late'
  when ${runners.drain} is not null or (not ${isHeld} and ${runners.leaseEpoch} is not null) then 'draining'
  when ${isHeld} and ${hasTurn} then 'busy'
  else 'idle' end`;

/** Runners that have not ended, as the index of living runners has them. */
export const isLiving = sql`${runners.endedAt} is null`;

/**
 * Whether the runner's turn has been silent for so long while no approval is open. The silent runs are looked for on
 * their own among the claimed ones: tested for each runner, all runs that ever existed would be read.
 */
export function isStuck(afterMs: number): SQL {
  return sql`(${isLiving} and ${isHeld} and ${runners.runId} in (select run.id ${fromSilentRuns(afterMs)}))`;
}

/** Runners with what determines their state. */
const RUNNERS_HELD = sql`${runners} left join ${runs} on ${runs.id} = ${runners.runId}
  left join ${leases} on ${leases.runId} = ${runners.runId} and ${leases.runnerId} = ${runners.id}`;
/** Also with what started them: everything that a list is narrowed by. */
export const RUNNERS_JOINED = sql`${RUNNERS_HELD}
  left join ${runnerJobs} on ${runnerJobs.runId} = ${runners.runId} and ${runnerJobs.runnerId} = ${runners.id}`;

/** The columns returned for a runner, its run, and what started it. */
const SELECTED = {
  runner: runners,
  state: runnerState,
  leaseMs,
  isHeld,
  position: sql<string>`${runners.registeredAt}::text`,
  leaseExpiresAt: leases.leaseExpiresAt,
  run: {
    status: runs.status,
    sessionId: runs.sessionId,
    projectId: runs.projectId,
    leaseState: runs.leaseState,
    leaseEpoch: runs.leaseEpoch,
    attemptCount: runs.attemptCount,
    nextAttemptAt: runs.nextAttemptAt,
    executionPolicy: runs.executionPolicy,
  },
  title: sql<string | null>`coalesce(${queueTasks.title}, ${sessions.title})`,
  turnsRunning: turnsIn("acknowledged"),
  turnsWaiting: turnsIn("pending"),
  job: {
    id: runnerJobs.id,
    namespace: runnerJobs.namespace,
    jobName: runnerJobs.jobName,
    state: runnerJobs.state,
  },
};

export type FoundRunner = Awaited<ReturnType<typeof readRunners>>[number];

/** Reads runners with what determines their state, last registered first. */
export function readRunners(db: Db | Tx, where: SQL | undefined, limit: number) {
  return db
    .select(SELECTED)
    .from(runners)
    .leftJoin(runs, eq(runs.id, runners.runId))
    .leftJoin(leases, and(eq(leases.runId, runners.runId), eq(leases.runnerId, runners.id)))
    .leftJoin(runnerJobs, and(eq(runnerJobs.runId, runners.runId), eq(runnerJobs.runnerId, runners.id)))
    .leftJoin(queueTasks, and(eq(queueTasks.id, runs.taskId), eq(queueTasks.tenantId, runs.tenantId)))
    .leftJoin(sessions, and(eq(sessions.sessionId, runs.sessionId), eq(sessions.tenantId, runs.tenantId)))
    .where(where)
    .orderBy(sql`${runners.registeredAt} desc`, sql`${runners.id} desc`)
    .limit(limit);
}

/**
 * The ids of the runners that an id stands for: a runner's own, or its run's, session's or attempt's. Each has an
 * index.
 */
export function meantBy(search: string): SQL {
  return sql`${runners.id} in (
    select ${search}::text
    union select job.runner_id from agentrun_runner_jobs job where job.run_id = ${search}
    union select run.claimed_by from agentrun_runs run where run.id = ${search} or run.session_id = ${search}
    union select job.runner_id from agentrun_runs run join agentrun_runner_jobs job on job.run_id = run.id
      where run.session_id = ${search}
    union select job.runner_id from agentrun_runner_jobs job
      where job.attempt_id = ${search} and job.state in ('launching', 'running'))`;
}

/** Counts the runners that match a condition, up to `max` + 1. */
export async function countMatchingRunners(db: Db | Tx, where: SQL | undefined, max: number): Promise<number> {
  const { rows } = await db.execute<{ count: number }>(sql`
    select count(*)::int as count from (
      select from ${RUNNERS_JOINED} where ${where ?? sql`true`} limit ${max + 1}) found`);
  return rows[0]?.count ?? 0;
}

export type RunnerCounts = {
  idle: number;
  busy: number;
  draining: number;
  late: number;
  lost: number;
  starting: number;
  placements: string[] | null;
};

/** Counts the living runners in each state, and returns where they are. */
export async function countRunners(
  db: Db | Tx,
  { tenantId, projectId }: { tenantId: string | null; projectId: string | undefined },
): Promise<RunnerCounts> {
  const ofTenant = tenantId === null ? sql`` : sql`and run.tenant_id = ${tenantId}`;
  const ofProject = projectId === undefined ? sql`` : sql`and run.project_id = ${projectId}`;
  const { rows } = await db.execute<RunnerCounts>(sql`
    with living as (
      select ${runnerState} as state, ${runners.placement} as placement
      from ${RUNNERS_HELD}
      where ${isLiving} ${tenantId === null ? sql`` : sql`and ${runners.tenantId} = ${tenantId}`}
        ${projectId === undefined ? sql`` : sql`and ${runs.projectId} = ${projectId}`})
    select count(*) filter (where state = 'idle')::int as idle, count(*) filter (where state = 'busy')::int as busy,
      count(*) filter (where state = 'draining')::int as draining, count(*) filter (where state = 'late')::int as late,
      count(*) filter (where state = 'lost')::int as lost,
      (select count(*)::int from agentrun_runner_jobs job join agentrun_runs run on run.id = job.run_id
        where job.state in ('launching', 'running') ${ofTenant} ${ofProject}
          and not exists (select from agentrun_runners known where known.id = job.runner_id)) as starting,
      (select array_agg(placement order by placement) from (
        select distinct placement from living where placement is not null order by placement limit 100) named) as placements
    from living`);
  const [row] = rows;
  if (!row) throw new Error("counts are one row");
  return row;
}
