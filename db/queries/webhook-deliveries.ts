import { sql } from "drizzle-orm";
import type { WebhookFormat } from "@/contract/words";
import type { Db, Tx } from "@/db/client";
import type { DeliveryTry, WebhookDeliveryRow } from "@/db/schema";

/** Read once in a statement: the bare function may return another value for each row, so no index can serve it. */
const NOW = sql`(select clock_timestamp())`;
/** Maximum events looked at for one batch of deliveries. */
const EVENTS_MAX = 500;

/**
 * Turns noted events into about `batch` deliveries, one for each webhook that asked for the event. It is one statement,
 * so that an event and its deliveries never exist together and are never both missing. Returns the number of events
 * taken.
 */
export async function createDeliveries(db: Db | Tx, batch: number): Promise<number> {
  const { rows } = await db.execute<{ taken: number }>(sql`
    with noted as (
      select id, cardinality(webhook_ids) as deliveries from agentrun_webhook_events
      order by id limit ${EVENTS_MAX} for update skip locked),
    counted as (select id, deliveries, sum(deliveries) over (order by id) as up_to_it from noted),
    taken as (
      delete from agentrun_webhook_events
      -- The first whatever it takes.
      where id in (select id from counted where up_to_it - deliveries < ${batch})
      returning event, webhook_ids, data, at),
    addressed as (
      insert into agentrun_webhook_deliveries (id, webhook_id, event, data, at)
      select 'whd_' || replace(gen_random_uuid()::text, '-', ''), webhook.id, taken.event, taken.data, taken.at
      from taken join agentrun_webhooks webhook on webhook.id = any(taken.webhook_ids))
    select count(*)::int as taken from taken`);
  return rows[0]?.taken ?? 0;
}

/** A delivery whose try was begun. Instants are milliseconds since 1970. */
export type BegunDelivery = {
  id: string;
  webhookId: string;
  event: WebhookDeliveryRow["event"];
  data: Record<string, unknown>;
  atMs: number;
  format: WebhookFormat;
  /** The number of this try, unique within the delivery. */
  attempts: number;
  /** Number of tries since the delivery was made or sent once more, this one included. */
  attemptsNow: number;
  url: string;
  tenantId: string | null;
  secrets: string[];
  /** Whether the webhook was failing when the try began. */
  isFailing: boolean;
};

type Begin = {
  /** Maximum deliveries to begin now (`max`), and how many of them may go to failing webhooks. */
  max: number;
  failingMax: number;
  /** Maximum tries of one webhook at once, counting those in progress; a failing webhook has one alone. */
  eachMax: number;
  underWay: ReadonlyMap<string, number>;
  /** How long a try may take before it counts as lost and is made again. */
  leaseMs: number;
};

/**
 * Begins a try of due deliveries. Webhooks that work come before failing ones, the first delivery of each webhook
 * before its second, and longer waits first. So a receiver that never answers holds up no other.
 */
export async function beginDeliveries(db: Db | Tx, begin: Begin): Promise<BegunDelivery[]> {
  const { max, failingMax, eachMax, underWay, leaseMs } = begin;
  const busy = JSON.stringify(Object.fromEntries(underWay));
  const { rows } = await db.execute<BegunDelivery>(sql`
    with due as (
      select delivery.id, delivery.next_attempt_at, webhook.failing_since is not null as is_failing,
        row_number() over (partition by webhook.id order by delivery.next_attempt_at) as place
      from agentrun_webhooks webhook
      cross join lateral (
        select id, next_attempt_at from agentrun_webhook_deliveries
        where webhook_id = webhook.id and state = 'pending' and next_attempt_at <= ${NOW}
        order by next_attempt_at
        limit greatest(case when webhook.failing_since is null then ${eachMax}::int else 1 end
          - coalesce((${busy}::jsonb ->> webhook.id)::int, 0), 0)
        for update skip locked) delivery
      where webhook.is_enabled),
    chosen as (
      select id from (
        select *, row_number() over (partition by is_failing order by place, next_attempt_at) as number from due) ordered
      where not is_failing or number <= ${failingMax}
      order by is_failing, place, next_attempt_at limit ${max})
    update agentrun_webhook_deliveries delivery
    set attempts = attempts + 1, is_under_way = true,
      next_attempt_at = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
    from chosen, agentrun_webhooks webhook
    where delivery.id = chosen.id and webhook.id = delivery.webhook_id
    returning delivery.id, webhook.id as "webhookId", delivery.event, delivery.data,
      (extract(epoch from delivery.at) * 1000)::float8 as "atMs", delivery.attempts,
      delivery.attempts - delivery.attempts_before as "attemptsNow", webhook.url, webhook.format,
      webhook.tenant_id as "tenantId", webhook.failing_since is not null as "isFailing",
      array[webhook.secret] || case when webhook.previous_secret_until > clock_timestamp()
        then array[webhook.previous_secret] else '{}' end as secrets`);
  return rows;
}

/** The newest tries of a delivery that keep the receiver's text: a list of deliveries reads all tries. */
const TEXTS_KEPT = 3;

type Settle = {
  /** The try to settle: a late answer of a try that counted as lost changes nothing. */
  begun: Pick<BegunDelivery, "id" | "attempts">;
  triedNow: DeliveryTry;
  triesMax: number;
} & ({ state: "delivered" | "failed" } | { state: "pending"; pauseMs: number });

/** Stores the result of a try. Returns whether the delivery still belonged to this try. */
export async function finishDelivery(db: Db | Tx, settle: Settle): Promise<boolean> {
  const { begun, triedNow, triesMax, state } = settle;
  const pauseMs = settle.state === "pending" ? settle.pauseMs : 0;
  const { rowCount } = await db.execute(sql`
    update agentrun_webhook_deliveries set state = ${state}, is_under_way = false,
      next_attempt_at = clock_timestamp() + ${pauseMs} * interval '1 millisecond',
      ended_at = case when ${state} = 'pending' then null else clock_timestamp() end,
      tries = (select coalesce(jsonb_agg(case when age > ${TEXTS_KEPT} then tried - 'text' else tried end order by place), '[]')
        from (
          select tried, place, row_number() over (order by place desc) as age
          from jsonb_array_elements(tries || ${JSON.stringify([triedNow])}::jsonb) with ordinality as every(tried, place)
          order by place desc limit ${triesMax}) last)
    where id = ${begun.id} and attempts = ${begun.attempts} and state = 'pending'`);
  return rowCount === 1;
}

/** Minimum time between two notes of an arrival on a webhook, each of which writes to the same row. */
const RECORD_INTERVAL_MS = 1_000;

/**
 * Notes on a webhook that a delivery arrived, or failed; skipped where the webhook has another address by now. A
 * separate statement that locks no other row, so that concurrent changes to a webhook and its deliveries do not wait
 * for it.
 */
export async function recordAnswer(
  db: Db | Tx,
  { webhookId, url }: Pick<BegunDelivery, "webhookId" | "url">,
  isArrived: boolean,
): Promise<void> {
  const change = isArrived
    ? sql`last_delivered_at = clock_timestamp(), failing_since = null`
    : sql`failing_since = clock_timestamp()`;
  const isChanged = isArrived
    ? sql`(failing_since is not null or last_delivered_at is null
        or last_delivered_at < clock_timestamp() - ${RECORD_INTERVAL_MS} * interval '1 millisecond')`
    : sql`failing_since is null`;
  await db.execute(sql`
    update agentrun_webhooks set ${change} where id = ${webhookId} and url = ${url} and ${isChanged}`);
}

/** Removes a batch of the deliveries older than `days`. Returns their number. */
export async function removeOldDeliveries(db: Db | Tx, days: number, batch: number): Promise<number> {
  const { rowCount } = await db.execute(sql`
    delete from agentrun_webhook_deliveries where id in (
      select id from agentrun_webhook_deliveries where created_at < ${NOW} - ${days} * interval '1 day'
      order by created_at limit ${batch} for update skip locked)`);
  return rowCount ?? 0;
}
