import { type SQL, sql } from "drizzle-orm";
import type { BulkItem, BulkOutcome } from "@/contract/bulk";
import type { Db, Tx } from "@/db/client";
import type { BulkActionRow } from "@/db/schema";

export type NewBulk = Pick<
  BulkActionRow,
  | "id"
  | "kind"
  | "tenantId"
  | "projectId"
  | "action"
  | "filter"
  | "params"
  | "reason"
  | "sourceId"
  | "createdBy"
  | "idempotencyKey"
  | "payloadHash"
>;
/** The rows of a list that an action covers, and how the list shows them. */
export type BulkSource = {
  from: SQL;
  /** undefined: all rows. */
  matches: SQL | undefined;
  id: SQL;
  title: SQL;
  /** The sort keys of the screen, each with its direction. */
  order: { key: SQL; isDescending: boolean }[];
  /** Why the action would leave a row as it is; null where it would change it. */
  skip: SQL;
};
/** A target's place in the order of a bulk action. */
export type BulkPlace = { bulkId: string; place: number };
export type OpenPlace = { place: number; targetId: string; before: string | null };

/** Matching and storing many rows takes longer than other statements may. */
const TAKE_TIMEOUT = "30s";
const allowLong = (tx: Tx) => tx.execute(sql`set local statement_timeout = ${sql.raw(`'${TAKE_TIMEOUT}'`)}`);

/** Selects the ids that match, at most `max` + 1, each with the reason why it would be left as it is. */
function matched({ from, matches, id, skip, order }: BulkSource, max: number): SQL {
  const keys = order.map(({ key }, index) => sql`${key} as ${keyAt(index)}`);
  return sql`select ${id} as id, ${skip} as skip, ${sql.join(keys, sql`, `)} from ${from} where ${matches ?? sql`true`} limit ${max + 1}`;
}

const keyAt = (index: number) => sql.raw(`key${index}`);

function orderKeys({ order }: BulkSource): SQL {
  const keys = order.map(({ isDescending }, index) => sql`${keyAt(index)} ${sql.raw(isDescending ? "desc" : "asc")}`);
  return sql.join(keys, sql`, `);
}

type CreatedBulk = { total: number; willDo: number; isMade: boolean };

/**
 * Creates a bulk action of everything that matches now, in the order of the screen. One statement takes all targets, so
 * that they are those of one moment. With `isJudged`, targets that the action would not change are refused at once:
 * somebody has confirmed the number of the others, and a target that was shown as spared must not be changed later.
 * Nothing is created where more than `max` match or the action's key is taken.
 */
export async function takeMatching(
  tx: Tx,
  bulk: NewBulk,
  { source, max, isJudged }: { source: BulkSource; max: number; isJudged: boolean },
): Promise<CreatedBulk> {
  await allowLong(tx);
  const { rows } = await tx.execute<CreatedBulk>(sql`
    with matched as materialized (
      select id, skip, (row_number() over (order by ${orderKeys(source)}))::int as place
      from (${matched(isJudged ? source : { ...source, skip: sql`null::text` }, max)}) found),
    counted as (select count(*)::int as total, (count(*) filter (where skip is null))::int as will_do from matched),
    made as (${insertBulk(bulk, sql`from counted where total <= ${max}`, sql`total - will_do`)}),
    taken as (
      insert into agentrun_bulk_results (bulk_id, place, target_id, outcome, message)
      select made.id, matched.place, matched.id, case when skip is not null then 'refused' end, skip
      from made cross join matched)
    select total, will_do as "willDo", exists (select from made) as "isMade" from counted`);
  return rows[0] ?? { total: 0, willDo: 0, isMade: false };
}

/**
 * Creates a bulk action from those results of another one that have a given outcome. Returns false where its key is
 * taken.
 */
export async function takeResults(tx: Tx, bulk: NewBulk, from: { bulkId: string; outcome: BulkOutcome }) {
  await allowLong(tx);
  const { rows } = await tx.execute<{ isMade: boolean }>(sql`
    with matched as materialized (
      select target_id, before, (row_number() over (order by place))::int as place from agentrun_bulk_results
      where bulk_id = ${from.bulkId} and outcome = ${from.outcome}),
    counted as (select count(*)::int as total from matched),
    made as (${insertBulk(bulk, sql`from counted`)}),
    taken as (
      insert into agentrun_bulk_results (bulk_id, place, target_id, before)
      select made.id, matched.place, target_id, before from made cross join matched)
    select exists (select from made) as "isMade"`);
  return rows[0]?.isMade === true;
}

/** Inserts the action's row. `counted` yields the total; `refused` the number of targets refused at once. */
function insertBulk(bulk: NewBulk, counted: SQL, refused: SQL = sql`0`): SQL {
  const filter = bulk.filter === null ? null : JSON.stringify(bulk.filter);
  return sql`
    insert into agentrun_bulk_actions
      (id, kind, tenant_id, project_id, action, filter, params, reason, source_id, created_by, idempotency_key,
       payload_hash, total, refused, state, ended_at)
    select ${bulk.id}, ${bulk.kind}, ${bulk.tenantId}, ${bulk.projectId}, ${bulk.action}, ${filter}::jsonb,
      ${JSON.stringify(bulk.params)}::jsonb, ${bulk.reason}, ${bulk.sourceId}, ${bulk.createdBy}, ${bulk.idempotencyKey},
      ${bulk.payloadHash}, total, ${refused}, case when total = ${refused} then 'completed' else 'pending' end,
      case when total = ${refused} then clock_timestamp() end
    ${counted}
    on conflict do nothing
    returning id`;
}

type BulkPreviewRow = {
  total: number;
  skipped: number;
  reasons: { reason: string; count: number }[];
  items: BulkItem[];
  now: string;
};

/**
 * Previews an action on everything that matches now: the counts, and the first targets that would change and that would
 * not.
 */
export async function previewMatching(
  tx: Tx,
  source: BulkSource,
  { max, shown }: { max: number; shown: number },
): Promise<BulkPreviewRow> {
  await allowLong(tx);
  const { rows } = await tx.execute<BulkPreviewRow>(sql`
    with found as materialized (${matched(source, max)}),
    sums as (select skip as reason, count(*)::int as count from found where skip is not null group by skip),
    placed as (
      select id, skip, row_number() over (partition by skip is null order by ${orderKeys(source)}) as place from found),
    shown as (
      select placed.id, left(${source.title}, 200) as title, placed.skip, placed.place
      from (select * from placed where place <= ${shown}) placed
      join ${source.from} on ${source.id} = placed.id)
    select (select count(*)::int from found) as total,
      (select count(*)::int from found where skip is not null) as skipped,
      coalesce((select json_agg(sums order by count desc, reason) from sums), '[]') as reasons,
      coalesce((select json_agg(json_build_object('id', id, 'title', title, 'skip', skip)
        order by skip is not null, place) from shown), '[]') as items,
      clock_timestamp()::text as now`);
  const [judged] = rows;
  if (!judged) throw new Error("a preview answered nothing");
  return judged;
}

/** Returns the first places of a bulk action without an outcome. */
export async function readOpenPlaces(tx: Pick<Db | Tx, "execute">, bulkId: string, max: number) {
  const { rows } = await tx.execute<OpenPlace>(sql`
    select place, target_id as "targetId", before from agentrun_bulk_results
    where bulk_id = ${bulkId} and outcome is null order by place limit ${max}`);
  return rows;
}

/** Locks a place that has no outcome and is not being dealt with; returns false where there is none. */
export async function lockOpenPlace(tx: Tx, { bulkId, place }: BulkPlace): Promise<boolean> {
  const { rowCount } = await tx.execute(sql`
    select from agentrun_bulk_results
    where bulk_id = ${bulkId} and place = ${place} and outcome is null for update skip locked`);
  return rowCount === 1;
}

export type BulkEnd = { outcome: BulkOutcome; message?: string; madeId?: string; before?: string };

/**
 * Stores and counts the outcome of a locked place. Returns false where the bulk action has been aborted: the work done
 * for the place then must not be committed. The action's row is locked last, so that it is held only briefly.
 */
export async function endPlace(tx: Tx, { bulkId, place }: BulkPlace, end: BulkEnd): Promise<boolean> {
  const { outcome, message = null, madeId = null, before = null } = end;
  await tx.execute(sql`
    update agentrun_bulk_results
    set outcome = ${outcome}, message = ${message}, made_id = ${madeId}, before = coalesce(${before}, before)
    where bulk_id = ${bulkId} and place = ${place}`);
  const isLast = sql`done + unchanged + refused + 1 >= total`;
  const { rowCount } = await tx.execute(sql`
    update agentrun_bulk_actions set ${sql.identifier(outcome)} = ${sql.identifier(outcome)} + 1,
      state = case when ${isLast} then 'completed' else 'running' end,
      ended_at = case when ${isLast} then clock_timestamp() end
    where id = ${bulkId} and ended_at is null`);
  return rowCount === 1;
}

/** Removes a bounded part of the bulk actions that ended more than `keptMs` ago. Returns the number of rows removed. */
export async function removeOldBulk(tx: Tx, keptMs: number, max: number): Promise<number> {
  const old = sql`ended_at < clock_timestamp() - ${keptMs} * interval '1 millisecond'`;
  const results = await tx.execute(sql`
    delete from agentrun_bulk_results where (bulk_id, place) in (
      select result.bulk_id, result.place from agentrun_bulk_results result
      join (select id from agentrun_bulk_actions where ${old} order by created_at limit 1) bulk
        on bulk.id = result.bulk_id
      limit ${max})`);
  if ((results.rowCount ?? 0) === max) return max;
  const actions = await tx.execute(sql`
    delete from agentrun_bulk_actions where id in (
      select id from agentrun_bulk_actions bulk where ${old} and not exists (
        select from agentrun_bulk_results where bulk_id = bulk.id)
      order by created_at limit 100)`);
  return (results.rowCount ?? 0) + (actions.rowCount ?? 0);
}
