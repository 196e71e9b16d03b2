import { sql } from "drizzle-orm";
import type { RunnerMinute } from "@/contract/runner";
import { ALL_TENANTS, BEATS_PER_LEASE } from "@/contract/words";
import type { Db, Tx } from "@/db/client";
import { leases, runners, runs } from "@/db/schema";
import { hasLiveJob } from "./end-runner";
import { isHeld, isLiving, leaseMs, runnerState } from "./runner-state";

/** The finest step of a chart. Beats of the minute before count for this minute. */
const MINUTE_MS = 60_000;

/** Records the living runners of each tenant and of all together; the last look of a minute stays. */
export async function noteRunners(tx: Tx, capacity: number): Promise<void> {
  await tx.execute(sql`
    insert into agentrun_runner_minutes
      (minute, tenant_id, alive, busy, silent, capacity, trip_p50_ms, trip_p95_ms)
    with living as (
      select ${runners.id} as id, ${runners.tenantId} as tenant_id, ${runnerState} as state,
        case when ${runners.heartbeatAt} > clock_timestamp() - ${MINUTE_MS} * interval '1 millisecond'
          then ${runners.beatTrips}[greatest(cardinality(${runners.beatTrips}) + 1
            - ceil(${MINUTE_MS}::numeric * ${BEATS_PER_LEASE} / ${leaseMs})::int, 1):] else '{}' end as trips
      from ${runners} left join ${runs} on ${runs.id} = ${runners.runId}
      left join ${leases} on ${leases.runId} = ${runners.runId} and ${leases.runnerId} = ${runners.id}
      where ${isLiving}),
    counted as (
      select grouping(tenant_id) as is_all, tenant_id, count(*) as alive, count(*) filter (where state = 'busy') as busy,
        count(*) filter (where state in ('late', 'lost')) as silent
      from living group by grouping sets ((tenant_id), ())),
    told as (
      select grouping(tenant_id) as is_all, tenant_id,
        percentile_cont(0.5) within group (order by trip) as p50, percentile_cont(0.95) within group (order by trip) as p95
      from living, unnest(trips) trip where trip >= 0 group by grouping sets ((tenant_id), ()))
    select date_trunc('minute', clock_timestamp()), coalesce(counted.tenant_id, ${ALL_TENANTS}),
      counted.alive, counted.busy, counted.silent, ${capacity}, round(told.p50), round(told.p95)
    from counted left join told
      on told.is_all = counted.is_all and told.tenant_id is not distinct from counted.tenant_id
    where counted.is_all = 1 or counted.tenant_id is not null
    order by 2
    on conflict (tenant_id, minute) do update set alive = excluded.alive, busy = excluded.busy,
      silent = excluded.silent, capacity = excluded.capacity,
      trip_p50_ms = excluded.trip_p50_ms, trip_p95_ms = excluded.trip_p95_ms`);
}

/** Ends runners that hold no run, have no known process, and sent no heartbeat for `silentMs`. */
export async function endSilentRunners(tx: Tx, silentMs: number, max: number): Promise<void> {
  await tx.execute(sql`
    update agentrun_runners set ended_at = clock_timestamp(), end_kind = coalesce(end_kind, 'silent')
    where id = any(array(
      select ${runners.id} from ${runners} left join ${runs} on ${runs.id} = ${runners.runId}
      where ${isLiving} and ${runners.heartbeatAt} < clock_timestamp() - ${silentMs} * interval '1 millisecond'
        and not ${isHeld} and not coalesce(${runners.endKind} = 'lost' and ${runs.status} = 'pending', false)
        and not ${hasLiveJob}
      order by ${runners.id} limit ${max} for update of ${runners} skip locked))`);
}

/** Removes minutes older than the time to keep. */
export async function removeOldRunnerMinutes(tx: Tx, keptMs: number, max: number): Promise<void> {
  await tx.execute(sql`
    delete from agentrun_runner_minutes where ctid = any(array(
      select ctid from agentrun_runner_minutes
      where minute < clock_timestamp() - ${keptMs} * interval '1 millisecond' order by minute limit ${max}))`);
}

export type RunnerMinuteRow = Omit<RunnerMinute, "minute"> & { atMs: number };

/** Returns a tenant's steps, or those of all together: the maximum over each step's minutes. */
export async function readRunnerMinutes(
  db: Db | Tx,
  { tenantId, from, stepMinutes }: { tenantId: string | null; from: Date; stepMinutes: number },
): Promise<RunnerMinuteRow[]> {
  const fromAt = sql`${from.toISOString()}::timestamptz`;
  const { rows } = await db.execute<RunnerMinuteRow>(sql`
    select (extract(epoch from date_bin(${stepMinutes} * interval '1 minute', minute, ${fromAt})) * 1000)::float8 as "atMs",
      max(alive) as alive, max(busy) as busy, max(silent) as silent, max(capacity) as capacity,
      max(trip_p50_ms) as "tripP50Ms", max(trip_p95_ms) as "tripP95Ms"
    from agentrun_runner_minutes where tenant_id = ${tenantId ?? ALL_TENANTS} and minute >= ${fromAt}
    group by 1 order by 1`);
  return rows;
}
