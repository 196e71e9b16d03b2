import { sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";

/** Maximum calls that are read of one slot. */
export const SLOT_CALLS_MAX = 16;

export type LatencyScope = { backendProfile: string; tenantId: string | null };
/** A step is divided into slots of equal length. */
export type LatencySpan = { fromMs: number; toMs: number; stepMinutes: number; slotMinutes: number };
export type LatencyRow = {
  atMs: number;
  calls: number;
  ok: number;
  refused: number;
  failed: number;
  aborted: number;
  /** At the median and the 95th percentile; null where nothing was answered completely. */
  firstByteMs: number[] | null;
  wholeMs: number[] | null;
  isSampled: boolean;
};

/**
 * Reads how long a profile's calls took in each step of a time, and how they ended. Only the last calls of each slot
 * are read, by index. So the cost does not grow with the number of calls, and a busy hour is represented by calls from
 * all over it.
 */
export async function readLatency(
  db: Db | Tx,
  { backendProfile, tenantId }: LatencyScope,
  { fromMs, toMs, stepMinutes, slotMinutes }: LatencySpan,
): Promise<LatencyRow[]> {
  const [from, to] = [fromMs, toMs].map((ms) => sql`${new Date(ms).toISOString()}::timestamptz`);
  const length = (minutes: number) => sql`${minutes} * interval '1 minute'`;
  const whole = (column: string) => sql`percentile_disc(array[0.5, 0.95]) within group (order by ${sql.raw(column)})
    filter (where outcome = 'ok')`;
  const ended = (outcome: string) => sql`(count(*) filter (where outcome = ${outcome}))::int`;
  const { rows } = await db.execute<LatencyRow>(sql`
    select (extract(epoch from date_bin(${length(stepMinutes)}, slot, ${from})) * 1000)::float8 as "atMs",
      count(*)::int as calls, ${ended("ok")} as ok, ${ended("refused")} as refused, ${ended("failed")} as failed,
      ${ended("aborted")} as aborted, ${whole("first_byte_ms")} as "firstByteMs", ${whole("duration_ms")} as "wholeMs",
      bool_or(place = ${SLOT_CALLS_MAX}) as "isSampled"
    from generate_series(${from}, ${to}, ${length(slotMinutes)}) slot
    cross join lateral (
      select outcome, first_byte_ms, duration_ms, row_number() over () as place
      from (
        select outcome, first_byte_ms, duration_ms from agentrun_model_calls
        where backend_profile = ${backendProfile}
          and ${tenantId === null ? sql`true` : sql`tenant_id = ${tenantId}`}
          and started_at >= slot and started_at < slot + ${length(slotMinutes)}
        order by started_at desc limit ${SLOT_CALLS_MAX}) last_calls) call
    group by 1 order by 1`);
  return rows;
}
