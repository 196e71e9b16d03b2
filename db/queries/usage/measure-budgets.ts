import { type SQL, sql } from "drizzle-orm";
import type { SpendingOwner } from "@/contract/budget";
import { BUDGET_TOKENS } from "@/contract/words";
import type { Db, Tx } from "@/db/client";
import { executeNamed } from "@/db/queries/sql/named";
import type { BudgetRow } from "@/db/schema";

/** A budget in one of its periods: what was spent in it, and what is recorded of it. Amounts are in stored form. */
export type MeasuredPeriod = Pick<
  BudgetRow,
  "id" | "tenantId" | "projectId" | "backendProfile" | "name" | "period" | "unit" | "warnPercent" | "action"
> & {
  /**
   * The budget's current limit (`ownLimit`), and the limit of this period: the same, or the one it was raised to if
   * that is more.
   */
  ownLimit: number;
  limit: number;
  /** The period's first day, or a session's id. null: each session has its own period, and none was asked for. */
  key: string | null;
  sessionId: string | null;
  /** Milliseconds since 1970. */
  startsMs: number | null;
  endsMs: number | null;
  spent: number;
  uncountedCalls: number;
  unpricedCalls: number;
  raisedTo: number | null;
  raisedBy: string | null;
  nearMs: number | null;
  reachedMs: number | null;
  /** The amount last recorded; null: none was. */
  notedSpent: number | null;
};

/**
 * Whose calls to models are counted, by the fields that budgets distinguish. A run without a session has no session
 * budget.
 */
export type Spender = SpendingOwner & { sessionId: string | null };
export type SpendingSession = Spender & { sessionId: string };

const ALL = sql`'*'`;
const TODAY = sql`(select (clock_timestamp() at time zone 'UTC')::date)`;

/** The day, week or month that contains a day. */
const selectPeriod = (budget: SQL, day: SQL) => sql`(
  select date_trunc(${budget}.period, ${day}::timestamp)::date as first,
    (date_trunc(${budget}.period, ${day}::timestamp) + make_interval(months => (${budget}.period = 'month')::int,
      weeks => (${budget}.period = 'week')::int, days => (${budget}.period = 'day')::int))::date as next)`;

/** Selects budgets by day, week or month in their current period. `where` is a condition on `budget`. */
const currentPeriods = (where: SQL) => sql`(
  select budget.*, span.first::text as key, null::text as session_id, span.first, span.next
  from agentrun_budgets budget cross join lateral ${selectPeriod(sql`budget`, TODAY)} span
  where budget.period <> 'session' and ${where})`;

/** Selects budgets in their recorded periods. `where` is a condition on `budget` and `noted`. */
const recordedPeriods = (where: SQL) => sql`(
  select budget.*, noted.key, noted.session_id, span.first, span.next
  from agentrun_budgets budget join agentrun_budget_periods noted on noted.budget_id = budget.id
  left join lateral ${selectPeriod(sql`budget`, sql`case when noted.session_id is null then noted.key end`)} span on noted.session_id is null
  where ${where})`;

/** Selects the budgets that every session has separately, in the period of one session. */
const ofSession = (session: SpendingSession) => sql`(
  select budget.*, ${session.sessionId}::text as key, ${session.sessionId}::text as session_id,
    null::date as first, null::date as next
  from agentrun_budgets budget where budget.period = 'session' and ${covers(session)})`;

/** Sums those figures that count towards a budget in a unit. */
export function countedIn(unit: SQL, { tokens, currency, micros }: Record<"tokens" | "currency" | "micros", SQL>): SQL {
  return sql`sum(case when ${unit} = ${BUDGET_TOKENS} then ${tokens} when ${currency} = ${unit} then ${micros} end)`;
}

/** Whether the row named `budget` bounds the spending of an owner; columns may be given in the place of values. */
export function covers({ tenantId, projectId, backendProfile }: Record<keyof SpendingOwner, string | SQL>): SQL {
  return sql`budget.tenant_id in (${tenantId}, ${ALL})
    and (budget.project_id is null or budget.project_id = ${projectId})
    and (budget.backend_profile is null or budget.backend_profile = ${backendProfile})`;
}

/**
 * Measures what was spent in periods of budgets. Days are read once for all budgets of the same tenant, project and
 * period, by the most selective index; sessions by their own sums. Triggers keep the sums equal to the calls, so a call
 * counts as soon as it is stored.
 */
function measurePeriods(periods: SQL): SQL {
  const figures = sql`used.currency, used.input_tokens + used.output_tokens as tokens, used.cost_micros, used.uncounted_calls,
    used.unpriced_calls`;
  const usageByDay = (where: SQL) => sql`select used.backend_profile, ${figures} from agentrun_usage_days used
    where ${where} and used.day >= scope.first and used.day < scope.next`;
  return sql`(
    with periods as materialized (select * from ${periods} due),
    scopes as (select distinct tenant_id, project_id, first, next from periods where first is not null),
    sums as materialized (
      select scope.tenant_id, scope.project_id, scope.first, scope.next, day.backend_profile, day.currency,
        sum(tokens) as tokens, sum(cost_micros) as cost_micros, sum(uncounted_calls) as uncounted_calls,
        sum(unpriced_calls) as unpriced_calls
      from scopes scope cross join lateral (
        ${usageByDay(sql`scope.tenant_id = ${ALL} and (scope.project_id is null or used.project_id = scope.project_id)`)}
        union all
        ${usageByDay(sql`scope.tenant_id <> ${ALL} and scope.project_id is null and used.tenant_id = scope.tenant_id`)}
        union all
        ${usageByDay(sql`scope.tenant_id <> ${ALL} and scope.project_id is not null and used.tenant_id = scope.tenant_id
          and used.project_id = scope.project_id`)}) day
      group by scope.tenant_id, scope.project_id, scope.first, scope.next, day.backend_profile, day.currency)
    select period.id, period.tenant_id, period.project_id, period.backend_profile, period.name, period.period, period.unit,
      period.warn_percent, period.action, period."limit" as own_limit,
      case when period.next <= ${TODAY} then coalesce(noted."limit", period."limit")
        else greatest(period."limit", noted.raised_to) end as "limit", period.key, period.session_id, period.first, period.next,
      spent.*, noted.raised_to, noted.raised_by, noted.near_at, noted.reached_at, noted.spent as noted_spent
    from periods period
    left join agentrun_budget_periods noted on noted.budget_id = period.id and noted.key = period.key
    cross join lateral (
      select
        coalesce(${countedIn(sql`period.unit`, { tokens: sql`tokens`, currency: sql`currency`, micros: sql`cost_micros` })},
          0)::bigint as spent,
        coalesce(sum(uncounted_calls), 0)::bigint as uncounted_calls,
        coalesce(sum(unpriced_calls), 0)::bigint as unpriced_calls
      from (
        select used.currency, used.tokens, used.cost_micros, used.uncounted_calls, used.unpriced_calls from sums used
        where used.tenant_id = period.tenant_id and used.project_id is not distinct from period.project_id
          and used.first = period.first and used.next = period.next
          and (period.backend_profile is null or used.backend_profile = period.backend_profile)
        union all
        select ${figures} from agentrun_usage_sessions used where used.session_id = period.session_id) calls) spent)`;
}

const PERIOD_COLUMNS = sql`measured.id, measured.tenant_id as "tenantId", measured.project_id as "projectId",
  measured.backend_profile as "backendProfile", measured.name, measured.period, measured.unit,
  measured.warn_percent as "warnPercent", measured.action, measured.own_limit::float8 as "ownLimit",
  measured."limit"::float8 as "limit", measured.key, measured.session_id as "sessionId",
  extract(epoch from measured.first::timestamp)::float8 * 1000 as "startsMs",
  extract(epoch from measured.next::timestamp)::float8 * 1000 as "endsMs", measured.spent::float8 as spent,
  measured.uncounted_calls::float8 as "uncountedCalls", measured.unpriced_calls::float8 as "unpricedCalls",
  measured.raised_to::float8 as "raisedTo", measured.raised_by as "raisedBy",
  extract(epoch from measured.near_at)::float8 * 1000 as "nearMs",
  extract(epoch from measured.reached_at)::float8 * 1000 as "reachedMs", measured.noted_spent::float8 as "notedSpent"`;

function readPeriods(db: Db | Tx, periods: SQL, then = sql``): Promise<MeasuredPeriod[]> {
  return executeNamed<MeasuredPeriod>(
    db,
    sql`select ${PERIOD_COLUMNS} from ${measurePeriods(periods)} measured ${then}`,
  );
}

/** Measures budgets in their current period; excludes those that every session has separately. */
export function measureCurrent(db: Db | Tx, budgetIds: readonly string[]): Promise<MeasuredPeriod[]> {
  return readPeriods(
    db,
    currentPeriods(sql`budget.id in (select jsonb_array_elements_text(${JSON.stringify(budgetIds)}::jsonb))`),
  );
}

/** Returns the tenants that have budgets, with `*` among them where all tenants share some. */
export async function readBudgetTenants(db: Db | Tx): Promise<string[]> {
  const rows = await executeNamed<{ tenantId: string }>(
    db,
    sql`select distinct tenant_id as "tenantId" from agentrun_budgets where period <> 'session' order by tenant_id`,
  );
  return rows.map(({ tenantId }) => tenantId);
}

/** Measures every budget that bounds a spender's calls, including those of its session. */
export async function measureFor(db: Db | Tx, spender: Spender): Promise<MeasuredPeriod[]> {
  const sharedPeriods = await readPeriods(db, currentPeriods(covers(spender)));
  return hasSession(spender) ? [...sharedPeriods, ...(await measureSession(db, spender))] : sharedPeriods;
}

export function hasSession(spender: Spender): spender is SpendingSession {
  return spender.sessionId !== null;
}

/** Measures, for one session, the budgets that every session has separately. */
export function measureSession(db: Db | Tx, session: SpendingSession): Promise<MeasuredPeriod[]> {
  return readPeriods(db, ofSession(session));
}

/**
 * Measures a tenant's own budgets, or for `*` those of all tenants together, in their current period. Budgets that
 * every session has separately are returned as rules only (`key` null).
 */
export async function measureTenant(db: Db | Tx, tenantId: string): Promise<MeasuredPeriod[]> {
  const rules = sql`(select budget.*, null::text as key, null::text as session_id, null::date as first, null::date as next
    from agentrun_budgets budget where budget.period = 'session' and budget.tenant_id = ${tenantId})`;
  return [
    ...(await readPeriods(db, currentPeriods(sql`budget.tenant_id = ${tenantId}`))),
    ...(await readPeriods(db, rules)),
  ];
}

/** Measures the recorded periods of a budget, newest first; only those that follow `after`, where it is given. */
export function measureRecorded(
  db: Db | Tx,
  budgetId: string,
  { after, max }: { after: string | null; max: number },
): Promise<MeasuredPeriod[]> {
  const where = sql`budget.id = ${budgetId} ${after === null ? sql`` : sql`and noted.key < ${after}`}
    order by noted.key desc limit ${max}`;
  return readPeriods(db, recordedPeriods(where), sql`order by key desc`);
}

/** Measures one period of a budget by its key; returns nothing where that period was not recorded. */
export function measureOne(db: Db | Tx, budgetId: string, key: string): Promise<MeasuredPeriod[]> {
  return readPeriods(db, recordedPeriods(sql`budget.id = ${budgetId} and noted.key = ${key}`));
}

const IS_REACHED = sql`measured.spent >= measured."limit"`;
/** As numeric: a hundred times an amount does not fit into 64 bits. */
const IS_NEAR = sql`measured.warn_percent is not null
  and measured.spent::numeric * 100 >= measured."limit"::numeric * measured.warn_percent`;

/**
 * Records the standing of a budget that the caller has locked. Covers its current period; for a budget that every
 * session has separately, the period of `session`, or every recorded period where none is given. `near_at` and
 * `reached_at` keep their first time, and are cleared once the limit was raised far enough. Returns the keys of the
 * periods that changed.
 */
export async function recordPeriods(tx: Tx, budgetId: string, session: SpendingSession | null): Promise<string[]> {
  const ofSessions =
    session === null
      ? recordedPeriods(sql`budget.id = ${budgetId} and noted.session_id is not null`)
      : sql`(select * from ${ofSession(session)} its where its.id = ${budgetId})`;
  const periods = sql`(select * from ${currentPeriods(sql`budget.id = ${budgetId}`)} due union all select * from ${ofSessions} kept)`;
  const rows = await executeNamed<{ key: string }>(
    tx,
    sql`
    insert into agentrun_budget_periods as noted (budget_id, key, session_id, ends_at, spent, "limit", near_at, reached_at)
    select measured.id, measured.key, measured.session_id, measured.next::timestamp at time zone 'UTC', measured.spent, measured."limit",
      case when ${IS_NEAR} or ${IS_REACHED} then clock_timestamp() end,
      case when ${IS_REACHED} then clock_timestamp() end
    from ${measurePeriods(periods)} measured
    where measured.noted_spent is not null or (measured.spent > 0 and (measured.session_id is null or ${IS_NEAR} or ${IS_REACHED}))
    order by measured.key
    on conflict (budget_id, key) do update set spent = excluded.spent, "limit" = excluded."limit",
      near_at = case when excluded.near_at is null then null else coalesce(noted.near_at, excluded.near_at) end,
      reached_at = case when excluded.reached_at is null then null else coalesce(noted.reached_at, excluded.reached_at) end
    where noted.spent <> excluded.spent or noted."limit" is distinct from excluded."limit"
      or (noted.near_at is null) <> (excluded.near_at is null) or (noted.reached_at is null) <> (excluded.reached_at is null)
    returning noted.key`,
  );
  return rows.map(({ key }) => key);
}
