import { sql } from "drizzle-orm";
import type { WebhookFormat } from "@/contract/words";
import type { Db, Tx } from "@/db/client";
import type { DeliveryTry, WebhookDeliveryRow } from "@/db/schema";

/**
 * Addresses events that were noted to each webhook that asks for them: an event and its deliveries are never both there,
 * and never neither. Answers how many events it took; a full batch may have left some.
 */
export async function addressEvents(db: Db | Tx, batch: number): Promise<number> {
  const { rows } = await db.execute<{ taken: number }>(sql`
    with taken as (
      delete from agentrun_webhook_events
      where id in (select id from agentrun_webhook_events order by id limit ${batch} for update skip locked)
      returning event, tenant_id, data, at),
    addressed as (
      insert into agentrun_webhook_deliveries (id, webhook_id, event, data, at)
      select 'whd_' || replace(gen_random_uuid()::text, '-', ''), webhook.id, taken.event, taken.data, taken.at
      -- One that was disabled after it happened is sent it once it is enabled again.
      from taken join agentrun_webhooks webhook on (webhook.is_enabled or webhook.updated_at > taken.at)
        and (webhook.tenant_id is null or webhook.tenant_id = taken.tenant_id)
        and taken.event = any(webhook.events) and webhook.created_at <= taken.at)
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
  attempts: number;
  url: string;
  tenantId: string | null;
  secrets: string[];
};

type Begin = {
  /** Deliveries that may be begun now. */
  max: number;
  /** Of one webhook at once, those that are under way included: one that never answers holds up no other. */
  eachMax: number;
  underWay: ReadonlyMap<string, number>;
  /** How long a try may take, before it counts as lost and is made again. */
  leaseMs: number;
};

/** Begins a try of deliveries that are due, those that have waited longest of each webhook. */
export async function beginDeliveries(db: Db | Tx, begin: Begin): Promise<BegunDelivery[]> {
  const { max, eachMax, underWay, leaseMs } = begin;
  const busy = JSON.stringify(Object.fromEntries(underWay));
  const { rows } = await db.execute<BegunDelivery>(sql`
    with due as (
      select delivery.id from agentrun_webhooks webhook
      cross join lateral (
        select id from agentrun_webhook_deliveries
        where webhook_id = webhook.id and state = 'pending' and next_attempt_at <= clock_timestamp()
        order by next_attempt_at
        limit greatest(${eachMax} - coalesce((${busy}::jsonb ->> webhook.id)::int, 0), 0)
        for update skip locked) delivery
      where webhook.is_enabled limit ${max})
    update agentrun_webhook_deliveries delivery
    set attempts = attempts + 1, next_attempt_at = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
    from due, agentrun_webhooks webhook
    where delivery.id = due.id and webhook.id = delivery.webhook_id
    returning delivery.id, webhook.id as "webhookId", delivery.event, delivery.data,
      (extract(epoch from delivery.at) * 1000)::float8 as "atMs", delivery.attempts, webhook.url, webhook.format,
      webhook.tenant_id as "tenantId",
      array[webhook.secret] || case when webhook.previous_secret_until > clock_timestamp()
        then array[webhook.previous_secret] else '{}' end as secrets`);
  return rows;
}

type Settle = {
  deliveryId: string;
  webhookId: string;
  /** Of the try that is settled: an answer of one that counted as lost changes nothing. */
  attempts: number;
  triedNow: DeliveryTry;
  triesMax: number;
} & ({ state: "delivered" | "failed" } | { state: "pending"; pauseMs: number });

/** Writes how a try went, on the delivery and on its webhook; answers whether the delivery was still this try's. */
export async function settleDelivery(db: Db | Tx, settle: Settle): Promise<boolean> {
  const { deliveryId, webhookId, attempts, triedNow, triesMax, state } = settle;
  const pauseMs = settle.state === "pending" ? settle.pauseMs : 0;
  const isDelivered = state === "delivered";
  const { rowCount } = await db.execute(sql`
    with webhook as (
      -- Before the delivery, as whoever deletes both has it.
      select id from agentrun_webhooks where id = ${webhookId} for no key update),
    settled as (
      update agentrun_webhook_deliveries delivery set state = ${state},
        next_attempt_at = clock_timestamp() + ${pauseMs} * interval '1 millisecond',
        ended_at = case when ${state} = 'pending' then null else clock_timestamp() end,
        tries = (select coalesce(jsonb_agg(tried order by place), '[]') from (
          select tried, place from jsonb_array_elements(tries || ${JSON.stringify([triedNow])}::jsonb)
            with ordinality as every(tried, place)
          order by place desc limit ${triesMax}) last)
      from webhook
      where delivery.webhook_id = webhook.id and delivery.id = ${deliveryId} and attempts = ${attempts}
        and state = 'pending'
      returning delivery.webhook_id)
    update agentrun_webhooks set
      last_delivered_at = case when ${isDelivered} then clock_timestamp() else last_delivered_at end,
      failing_since = case when ${isDelivered} then null else coalesce(failing_since, clock_timestamp()) end
    from settled where id = settled.webhook_id`);
  return rowCount === 1;
}

/** Removes what is older than so many days, a batch of it; answers how many. */
export async function removeOldDeliveries(db: Db | Tx, days: number, batch: number): Promise<number> {
  const { rowCount } = await db.execute(sql`
    delete from agentrun_webhook_deliveries where id in (
      select id from agentrun_webhook_deliveries where created_at < clock_timestamp() - ${days} * interval '1 day'
      order by created_at limit ${batch} for update skip locked)`);
  return rowCount ?? 0;
}
