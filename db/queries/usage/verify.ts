import { type SQL, sql } from "drizzle-orm";
import type { UsageVerification } from "@/contract/usage";
import type { Db, Tx } from "@/db/client";
import { OF_CALLS, SESSION_SUM_COLUMNS, SUM_COLUMNS } from "./sum-usage";

export type UsageRecount = Omit<UsageVerification, "isEqual" | "sessions">;
export type SessionsRecount = UsageVerification["sessions"];

const KIND = sql`day, tenant_id, project_id, backend_profile, model, currency`;

/**
 * Sums the stored calls and compares each day's sums with them in one statement, so that both are of one moment whoever
 * writes meanwhile. The separate part of each sum for calls that went with their runs is left out.
 */
export async function recountUsage(db: Db | Tx, tenantId: string | null, max: number): Promise<UsageRecount> {
  const isVisible = tenantId === null ? sql`true` : sql`tenant_id = ${tenantId}`;
  const { rows } = await db.execute<UsageRecount>(sql`
    with told as (
      select true as is_sum, ${KIND}, ${columns(SUM_COLUMNS, (name) => name)}
      from agentrun_usage_days where part >= 0 and ${isVisible}
      union all
      select false, ${KIND}, ${columns(SUM_COLUMNS, (name) => name)}
      from (select (started_at at time zone 'UTC')::date as day, tenant_id, project_id, backend_profile, model, ${OF_CALLS}
        from agentrun_model_calls where ${isVisible}) calls),
    both_of as materialized (
      select ${KIND}, ${sums(SUM_COLUMNS)} from told group by ${KIND}),
    differing as (select * from both_of where summed <> counted)
    select coalesce(sum(counted[1]), 0)::float8 as calls, count(*)::int as sums,
      (select count(*)::int from differing) as differing,
      coalesce((select jsonb_agg(jsonb_build_object('day', day, 'tenantId', tenant_id, 'projectId', project_id,
          'backendProfile', backend_profile, 'model', model, 'currency', currency,
          ${figures(SUM_COLUMNS)}))
        from (select * from differing order by ${KIND} limit ${max}) first), '[]') as differences
    from both_of`);
  return rows[0] ?? { calls: 0, sums: 0, differing: 0, differences: [] };
}

/**
 * Does the same for existing sessions, as far as possible. A session's sum also contains what went with old runs, so it
 * must be no less than the sum of its calls.
 */
export async function recountSessions(db: Db | Tx, tenantId: string | null, max: number): Promise<SessionsRecount> {
  const isVisible = tenantId === null ? sql`true` : sql`tenant_id = ${tenantId}`;
  const ofSession = sql`session_id in (select session_id from agentrun_sessions where ${isVisible})`;
  const { rows } = await db.execute<SessionsRecount>(sql`
    with told as (
      select true as is_sum, session_id, currency, ${columns(SESSION_SUM_COLUMNS, (name) => name)}
      from agentrun_usage_sessions where ${ofSession}
      union all
      select false, session_id, currency, ${columns(SESSION_SUM_COLUMNS, (name) => name)}
      from (select session_id, ${OF_CALLS} from agentrun_model_calls where ${ofSession}) calls),
    both_of as materialized (
      select session_id, currency, ${sums(SESSION_SUM_COLUMNS)} from told group by session_id, currency),
    differing as (
      select * from both_of where exists (select from unnest(summed, counted) figure (sum, in_calls) where sum < in_calls))
    select count(*)::int as sums, (select count(*)::int from differing) as differing,
      coalesce((select jsonb_agg(jsonb_build_object('sessionId', session_id, 'currency', currency,
          ${figures(SESSION_SUM_COLUMNS)}))
        from (select * from differing order by session_id, currency limit ${max}) first), '[]') as differences
    from both_of`);
  return rows[0] ?? { sums: 0, differing: 0, differences: [] };
}

type Names = readonly (typeof SUM_COLUMNS)[number][];

function columns(names: Names, of: (name: string) => string): SQL {
  return sql.raw(names.map(of).join(", "));
}

/** Sums by key, once from the sums and once from the calls. */
function sums(names: Names): SQL {
  const sumWhere = (condition: string) =>
    columns(names, (name) => `coalesce(sum(${name}) filter (where ${condition}), 0)::numeric`);
  return sql`array[${sumWhere("is_sum")}] as summed, array[${sumWhere("not is_sum")}] as counted`;
}

function figures(names: Names): SQL {
  const of = (array: "summed" | "counted") => {
    const at = (name: Names[number]) => `${array}[${names.indexOf(name) + 1}]`;
    return `jsonb_build_object('calls', ${at("calls")}, 'inputTokens', ${at("input_tokens")},
      'outputTokens', ${at("output_tokens")}, 'costMicros', ${at("cost_micros")})`;
  };
  return sql.raw(`'summed', ${of("summed")}, 'inCalls', ${of("counted")}`);
}
