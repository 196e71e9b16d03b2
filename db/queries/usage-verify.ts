import { type SQL, sql } from "drizzle-orm";
import type { UsageVerification } from "@/contract/usage";
import type { Db, Tx } from "@/db/client";
import { OF_CALLS, SUM_COLUMNS } from "./sum-usage";

export type UsageRecount = Omit<UsageVerification, "isEqual">;

const KIND = sql`day, tenant_id, project_id, backend_profile, model, currency`;

/**
 * Adds up the calls that are there and compares each day's sums with that: in one statement, so that both are of one
 * moment, whoever writes meanwhile. What went with its run has a part of its own, which is left out.
 */
export async function recountUsage(db: Db | Tx, tenantId: string | null, max: number): Promise<UsageRecount> {
  const isSeen = tenantId === null ? sql`true` : sql`tenant_id = ${tenantId}`;
  const { rows } = await db.execute<UsageRecount>(sql`
    with told as (
      select true as is_sum, ${KIND}, ${columns((name) => name)} from agentrun_usage_days where part >= 0 and ${isSeen}
      union all
      select false, day, tenant_id, project_id, backend_profile, model, currency, ${columns((name) => name)}
      from (select (started_at at time zone 'UTC')::date as day, tenant_id, project_id, backend_profile, model, ${OF_CALLS}
        from agentrun_model_calls where ${isSeen}) calls),
    both_of as materialized (
      select ${KIND}, array[${columns((name) => `coalesce(sum(${name}) filter (where is_sum), 0)::numeric`)}] as summed,
        array[${columns((name) => `coalesce(sum(${name}) filter (where not is_sum), 0)::numeric`)}] as counted
      from told group by ${KIND}),
    differing as (select * from both_of where summed <> counted)
    select coalesce(sum(counted[1]), 0)::float8 as calls, count(*)::int as sums,
      (select count(*)::int from differing) as differing,
      coalesce((select jsonb_agg(jsonb_build_object('day', day, 'tenantId', tenant_id, 'projectId', project_id,
          'backendProfile', backend_profile, 'model', model, 'currency', currency,
          'summed', ${figures("summed")}, 'inCalls', ${figures("counted")}))
        from (select * from differing order by ${KIND} limit ${max}) first), '[]') as differences
    from both_of`);
  return rows[0] ?? { calls: 0, sums: 0, differing: 0, differences: [] };
}

function columns(of: (name: string) => string): SQL {
  return sql.raw(SUM_COLUMNS.map(of).join(", "));
}

function figures(of: "summed" | "counted"): SQL {
  const at = (name: (typeof SUM_COLUMNS)[number]) => `${of}[${SUM_COLUMNS.indexOf(name) + 1}]`;
  return sql.raw(
    `jsonb_build_object('calls', ${at("calls")}, 'inputTokens', ${at("input_tokens")},
      'outputTokens', ${at("output_tokens")}, 'costMicros', ${at("cost_micros")})`,
  );
}
