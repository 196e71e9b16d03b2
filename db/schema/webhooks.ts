import { sql } from "drizzle-orm";
import { boolean, index, integer, jsonb, text, uniqueIndex } from "drizzle-orm/pg-core";
import { DELIVERY_STATES, WEBHOOK_FORMATS, type WEBHOOK_TEST, type WebhookEvent } from "@/contract/words";
import { big, instant, json, lifecycle, table } from "./columns";

/** Addresses that are sent events. */
export const webhooks = table(
  "webhooks",
  {
    id: text().primaryKey(),
    /** null: the webhook belongs to those who see every tenant, and is sent the events of all. */
    tenantId: text(),
    name: text().notNull(),
    url: text().notNull(),
    events: text().array().$type<WebhookEvent[]>().notNull(),
    /** Only events of these projects, and of these queues' tasks and what belongs to them, are sent; empty: all. */
    projectIds: text().array().notNull().default([]),
    queues: text().array().notNull().default([]),
    format: text({ enum: WEBHOOK_FORMATS }).notNull().default("json"),
    /** Signs its deliveries. Cannot be stored as a digest, because signing needs the secret itself. */
    secret: text().notNull(),
    /** Signs beside the new secret until `previousSecretUntil`, so that a receiver can change over. */
    previousSecret: text(),
    previousSecretUntil: instant(),
    isEnabled: boolean().notNull().default(true),
    /** Why the webhook was disabled, where no person disabled it. */
    disabledReason: text(),
    createdBy: text().notNull(),
    lastDeliveredAt: instant(),
    /** Since when no delivery has arrived. */
    failingSince: instant(),
    ...lifecycle,
    version: integer().notNull().default(1),
  },
  (webhook) => [uniqueIndex("agentrun_webhooks_name_idx").on(sql`coalesce(${webhook.tenantId}, '')`, webhook.name)],
);
export type WebhookRow = typeof webhooks.$inferSelect;

/** Events, written by triggers in the transaction that caused them, until the worker has made their deliveries. */
export const webhookEvents = table("webhook_events", {
  id: big().primaryKey().generatedAlwaysAsIdentity(),
  event: text().$type<WebhookEvent>().notNull(),
  /** The webhooks that asked for the event when it happened. */
  webhookIds: text().array().notNull(),
  data: json().notNull(),
  at: instant().notNull().default(sql`clock_timestamp()`),
});

/** The result of one try. Older tries have no `text`, the beginning of the answer. */
export type DeliveryTry = {
  at: string;
  tookMs: number;
  status: number | null;
  error: string | null;
  text?: string | null;
};

/** One event on its way to one webhook. */
export const webhookDeliveries = table(
  "webhook_deliveries",
  {
    id: text().primaryKey(),
    /** Not a foreign key: a webhook can be removed at once, however many deliveries it has had; they go by age. */
    webhookId: text().notNull(),
    event: text().$type<WebhookEvent | typeof WEBHOOK_TEST>().notNull(),
    data: json().notNull(),
    /** When the event happened. */
    at: instant().notNull(),
    state: text({ enum: DELIVERY_STATES }).notNull().default("pending"),
    /** Number of tries ever begun; a try's number identifies its answer. */
    attempts: integer().notNull().default(0),
    /** The tries made before a person had it sent once more. */
    attemptsBefore: integer().notNull().default(0),
    isUnderWay: boolean().notNull().default(false),
    /** While a try is in progress: when it counts as lost. */
    nextAttemptAt: instant().notNull().default(sql`clock_timestamp()`),
    /** The last tries, newest last. */
    tries: jsonb().$type<DeliveryTry[]>().notNull().default([]),
    createdAt: instant().notNull().default(sql`clock_timestamp()`),
    endedAt: instant(),
  },
  (delivery) => [
    index("agentrun_webhook_deliveries_due_idx")
      .on(delivery.webhookId, delivery.nextAttemptAt)
      .where(sql`${delivery.state} = 'pending'`),
    index("agentrun_webhook_deliveries_listed_idx").on(
      delivery.webhookId,
      delivery.createdAt.desc().nullsFirst(),
      delivery.id.desc().nullsFirst(),
    ),
    index("agentrun_webhook_deliveries_state_idx").on(
      delivery.webhookId,
      delivery.state,
      delivery.createdAt.desc().nullsFirst(),
      delivery.id.desc().nullsFirst(),
    ),
    index("agentrun_webhook_deliveries_age_idx").on(delivery.createdAt),
  ],
);
export type WebhookDeliveryRow = typeof webhookDeliveries.$inferSelect;
