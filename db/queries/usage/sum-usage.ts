import { type SQL, sql } from "drizzle-orm";
import type { UsageGroup } from "@/contract/usage";
import type { Db, Tx } from "@/db/client";

/** What calls in one currency consumed. */
export type SpentSums = {
  currency: string;
  calls: number;
  inputTokens: number;
  cachedInputTokens: number;
  outputTokens: number;
  reasoningTokens: number;
  uncountedCalls: number;
  unpricedCalls: number;
  costMicros: number;
};
/** The same, with the number of calls by outcome. */
export type UsageSums = SpentSums & { ok: number; refused: number; failed: number; aborted: number };

/** The columns of daily sums, computed from calls. The trigger of migration 027 computes the same. */
export const OF_CALLS = sql`
  coalesce(currency, '') as currency, 1 as calls, (outcome = 'ok')::int as ok, (outcome = 'refused')::int as refused,
  (outcome = 'failed')::int as failed, (outcome = 'aborted')::int as aborted,
  coalesce(input_tokens, 0) as input_tokens, coalesce(cached_input_tokens, 0) as cached_input_tokens,
  coalesce(output_tokens, 0) as output_tokens, coalesce(reasoning_tokens, 0) as reasoning_tokens,
  (outcome <> 'refused' and (input_tokens is null or output_tokens is null))::int as uncounted_calls,
  (cost_micros is null and input_tokens is not null and output_tokens is not null)::int as unpriced_calls,
  coalesce(cost_micros, 0) as cost_micros`;

/** What is summed, under the column names of `agentrun_usage_days`. */
export const SUM_COLUMNS = [
  "calls",
  "ok",
  "refused",
  "failed",
  "aborted",
  "input_tokens",
  "cached_input_tokens",
  "output_tokens",
  "reasoning_tokens",
  "uncounted_calls",
  "unpriced_calls",
  "cost_micros",
] as const;

/** The outcomes of calls, which daily sums have and sessions' sums do not. */
const OUTCOMES: ReadonlySet<string> = new Set(["ok", "refused", "failed", "aborted"]);
/** What is summed for sessions, under the column names of `agentrun_usage_sessions`. */
export const SESSION_SUM_COLUMNS = SUM_COLUMNS.filter((name) => !OUTCOMES.has(name));

const SUMMED = sql.raw(SUM_COLUMNS.map((name) => `sum(${name})::float8 as "${resultName(name)}"`).join(", "));
const SUMMED_AGAIN = sql.raw(SUM_COLUMNS.map((name) => `sum("${resultName(name)}")`).join(", "));

function resultName(column: string): string {
  return column.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

export type CallsOf = { runId: string } | { sessionId: string } | { taskId: string };

/** Sums a run's, session's or task's calls by profile, model and currency. */
export async function sumCalls(
  db: Db | Tx,
  of: CallsOf,
  tenantId: string | null,
): Promise<(UsageSums & { backendProfile: string; model: string })[]> {
  const owner =
    "runId" in of
      ? sql`run_id = ${of.runId}`
      : "sessionId" in of
        ? sql`session_id = ${of.sessionId}`
        : sql`task_id = ${of.taskId}`;
  const { rows } = await db.execute<UsageSums & { backendProfile: string; model: string }>(sql`
    select backend_profile as "backendProfile", model, currency, ${SUMMED}
    from (select backend_profile, model, ${OF_CALLS} from agentrun_model_calls
      where ${owner} and ${tenantId === null ? sql`true` : sql`tenant_id = ${tenantId}`}) calls
    group by backend_profile, model, currency`);
  return rows;
}

export type UsageScope = {
  from: string;
  to: string;
  tenantId: string | null;
  projectId: string | undefined;
  backendProfile: string | undefined;
  model: string | undefined;
};
export type SumOptions = { groupBy: UsageGroup; byDay: boolean; limit: number };
/**
 * A group's sums in a currency, and for a day where days are separate; or, with `isTotal`, the sums of everything,
 * where `place` is the number of groups.
 */
export type GroupSums = UsageSums & { isTotal: boolean; group: string; day: string | null; place: number };

/** The columns that daily sums are grouped by; all else is known from calls only. */
const DAY_GROUPS: Partial<Record<UsageGroup, SQL>> = {
  profile: sql`backend_profile`,
  model: sql`model`,
  tenant: sql`tenant_id`,
  project: sql`project_id`,
  day: sql`day::text`,
};
const CALL_GROUPS: Partial<Record<UsageGroup, SQL>> = {
  run: sql`run_id`,
  session: sql`coalesce(session_id, '')`,
  task: sql`coalesce(task_id, '')`,
};

/**
 * Sums groups, those with the most tokens first, and everything, as of one moment so that they agree. Reads daily sums
 * where they suffice, and calls where the groups are runs, sessions or tasks.
 */
export async function sumUsageBy(db: Db | Tx, scope: UsageScope, by: SumOptions): Promise<GroupSums[]> {
  const order =
    by.groupBy === "day"
      ? sql`"group" desc`
      : sql`sum("inputTokens" + "outputTokens") desc, sum("calls") desc, "group"`;
  const { rows } = await db.execute<GroupSums>(sql`
    with sums as materialized (
      select ${groupColumn(by.groupBy)} as "group", ${by.byDay ? sql`day::text` : sql`null::text`} as day, currency, ${SUMMED}
      from ${usageSource(scope, by.groupBy)}
      group by 1, 2, 3),
    places as (
      select "group", row_number() over (order by ${order})::int as place from sums group by "group")
    select false as "isTotal", sums.*, place from sums join places using ("group") where place <= ${by.limit}
    union all
    select true, '', null, currency, ${SUMMED_AGAIN}, (select count(*)::int from places) from sums group by currency
    order by "isTotal", place, day desc, currency`);
  return rows;
}

function groupColumn(group: UsageGroup): SQL {
  const column = DAY_GROUPS[group] ?? CALL_GROUPS[group];
  if (!column) throw new Error(`nothing is summed by ${group}`);
  return column;
}

function usageSource(scope: UsageScope, group: UsageGroup): SQL {
  const where = [
    scope.tenantId === null ? undefined : sql`tenant_id = ${scope.tenantId}`,
    scope.projectId === undefined ? undefined : sql`project_id = ${scope.projectId}`,
    scope.backendProfile === undefined ? undefined : sql`backend_profile = ${scope.backendProfile}`,
    scope.model === undefined ? undefined : sql`model = ${scope.model}`,
  ].filter((condition) => condition !== undefined);
  const within = (instants: SQL) => sql.join([instants, ...where], sql` and `);
  const { from, to } = scope;
  if (DAY_GROUPS[group]) {
    return sql`(select * from agentrun_usage_days where ${within(sql`day between ${from}::date and ${to}::date`)}) days`;
  }
  const instants = sql`started_at >= ${from}::timestamp at time zone 'UTC'
    and started_at < (${to}::timestamp + interval '1 day') at time zone 'UTC'`;
  return sql`(select run_id, session_id, task_id, (started_at at time zone 'UTC')::date as day, ${OF_CALLS}
    from agentrun_model_calls where ${within(instants)}) calls`;
}
