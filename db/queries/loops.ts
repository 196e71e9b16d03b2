import { createHash } from "node:crypto";
import { sql } from "drizzle-orm";
import type { Db, Tx } from "@/db/client";
import { executeNamed } from "@/db/queries/sql/named";
import type { LoopRow } from "@/db/schema";

/**
 * Returns a loop's lock number, the same in every replica. The process that holds this advisory lock leads the loop.
 */
export function loopKey(name: string): string {
  return createHash("sha256").update(`agentrun loop ${name}`).digest().readBigInt64BE(0).toString();
}

/** What a loop did. Times are reported as durations by this process's own clock. */
export type LoopNote = Pick<
  LoopRow,
  "name" | "holder" | "version" | "intervalMs" | "tookMs" | "failures" | "failure"
> & {
  passedAgoMs: number | null;
  beganAgoMs: number | null;
};

/** Stores what loops did, dated by the database's clock, the only one that all processes share. */
export async function storeLoops(db: Db | Tx, notes: readonly LoopNote[]): Promise<void> {
  await db.execute(sql`
    insert into agentrun_loops as known
      (name, holder, version, interval_ms, took_ms, failures, failure, passed_at, began_at, noted_at)
    select name, holder, version, "intervalMs", "tookMs", failures, failure,
      clock_timestamp() - "passedAgoMs" * interval '1 millisecond',
      clock_timestamp() - "beganAgoMs" * interval '1 millisecond', clock_timestamp()
    from jsonb_to_recordset(${JSON.stringify(notes)}::jsonb) as note (name text, holder text, version text,
      "intervalMs" int, "tookMs" int, failures int, failure text, "passedAgoMs" float8, "beganAgoMs" float8)
    order by name
    on conflict (name) do update set holder = excluded.holder, version = excluded.version,
      interval_ms = excluded.interval_ms, took_ms = coalesce(excluded.took_ms, known.took_ms),
      failures = excluded.failures, failure = excluded.failure,
      passed_at = coalesce(excluded.passed_at, known.passed_at),
      began_at = excluded.began_at, noted_at = excluded.noted_at`);
}

/** A loop's stored note, if there is one, and who holds its lock now. Times are the database's. */
export type LoopFacts = {
  name: string;
  isLed: boolean;
  ledSinceMs: number | null;
  holder: string | null;
  version: string | null;
  intervalMs: number | null;
  tookMs: number | null;
  failures: number | null;
  failure: string | null;
  passedAtMs: number | null;
  beganAtMs: number | null;
  notedAtMs: number | null;
  nowMs: number;
};

const LEADERS = sql`select (lock.classid::bigint << 32 | lock.objid::bigint) as key, session.backend_start as since
  from pg_locks lock left join pg_stat_activity session on session.pid = lock.pid
  where lock.locktype = 'advisory' and lock.granted and lock.objsubid = 1
    and lock.database = (select oid from pg_database where datname = current_database())`;
const NO_LEADERS = sql`select 0::bigint as key, null::timestamptz as since where false`;

/**
 * Reads the notes of loops, and whether a session holds their locks. The latter reads the whole lock table and can be
 * left out where the notes say enough.
 */
export async function readLoops(
  db: Db | Tx,
  names: readonly string[],
  { withLeaders }: { withLeaders: boolean },
): Promise<LoopFacts[]> {
  const keysJson = JSON.stringify(names.map((name) => ({ name, key: loopKey(name) })));
  const ms = (column: string) => sql.raw(`(extract(epoch from ${column}) * 1000)::float8`);
  return executeNamed<LoopFacts>(
    db,
    sql`
    with leader as materialized (${withLeaders ? LEADERS : NO_LEADERS})
    select asked.name, leader.key is not null as "isLed", ${ms("leader.since")} as "ledSinceMs",
      loop.holder, loop.version, loop.failure, loop.interval_ms as "intervalMs", loop.took_ms as "tookMs", loop.failures,
      ${ms("loop.passed_at")} as "passedAtMs", ${ms("loop.began_at")} as "beganAtMs", ${ms("loop.noted_at")} as "notedAtMs",
      ${ms("clock_timestamp()")} as "nowMs"
    from jsonb_to_recordset(${keysJson}::jsonb) as asked (name text, key bigint)
    left join agentrun_loops loop on loop.name = asked.name
    left join leader on leader.key = asked.key`,
  );
}
