import { sql } from "drizzle-orm";
import { boolean, index, integer, jsonb, text, uniqueIndex } from "drizzle-orm/pg-core";
import { DELIVERY_STATES, WEBHOOK_FORMATS, type WEBHOOK_TEST, type WebhookEvent } from "@/contract/words";
import { big, instant, json, lifecycle, table } from "./columns";

/** Addresses that are told of what happens. */
export const webhooks = table(
  "webhooks",
  {
    id: text().primaryKey(),
    /** null: of those who see every tenant; it is told of all of them. */
    tenantId: text(),
    name: text().notNull(),
    url: text().notNull(),
    events: text().array().$type<WebhookEvent[]>().notNull(),
    /** It is told of these projects, and of what belongs to tasks of these queues, alone; empty: of all. */
    projectIds: text().array().notNull().default([]),
    queues: text().array().notNull().default([]),
    format: text({ enum: WEBHOOK_FORMATS }).notNull().default("json"),
    /** What its deliveries are signed with. It cannot be a digest: whoever signs needs it. */
    secret: text().notNull(),
    /** Signs beside the new one until then, so that a receiver can change over. */
    previousSecret: text(),
    previousSecretUntil: instant(),
    isEnabled: boolean().notNull().default(true),
    /** Why it was disabled, where no person did it. */
    disabledReason: text(),
    createdBy: text().notNull(),
    lastDeliveredAt: instant(),
    /** Since when nothing arrives there. */
    failingSince: instant(),
    ...lifecycle,
    version: integer().notNull().default(1),
  },
  (webhook) => [uniqueIndex("agentrun_webhooks_name_idx").on(sql`coalesce(${webhook.tenantId}, '')`, webhook.name)],
);
export type WebhookRow = typeof webhooks.$inferSelect;

/** What happened, written by triggers with what made it so, until the worker has addressed it to webhooks. */
export const webhookEvents = table("webhook_events", {
  id: big().primaryKey().generatedAlwaysAsIdentity(),
  event: text().$type<WebhookEvent>().notNull(),
  /** Those that asked for it when it happened. */
  webhookIds: text().array().notNull(),
  data: json().notNull(),
  at: instant().notNull().default(sql`clock_timestamp()`),
});

/** How one try went. */
export type DeliveryTry = { at: string; tookMs: number; status: number | null; error: string | null };

/** One event on its way to one webhook. */
export const webhookDeliveries = table(
  "webhook_deliveries",
  {
    id: text().primaryKey(),
    /** No reference: a webhook goes at once, however many deliveries it has had, and these with their age. */
    webhookId: text().notNull(),
    event: text().$type<WebhookEvent | typeof WEBHOOK_TEST>().notNull(),
    data: json().notNull(),
    /** When it happened. */
    at: instant().notNull(),
    state: text({ enum: DELIVERY_STATES }).notNull().default("pending"),
    /** Tries that were begun, ever: the number of a try tells its answer from any other's. */
    attempts: integer().notNull().default(0),
    /** Those of them before a person had it sent once more. */
    attemptsBefore: integer().notNull().default(0),
    isUnderWay: boolean().notNull().default(false),
    /** While a try is under way: when it counts as lost. */
    nextAttemptAt: instant().notNull().default(sql`clock_timestamp()`),
    /** The last of them, the newest last. */
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
