import { z } from "zod";
import { chosenName, exactText, Int32, OwnerId, RecordId } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { DELIVERY_STATES, WEBHOOK_EVENTS, WEBHOOK_FORMATS, WEBHOOK_NARROWED_MAX, WEBHOOK_TEST } from "./words";

const Events = z
  .array(z.enum(WEBHOOK_EVENTS))
  .min(1)
  .max(WEBHOOK_EVENTS.length)
  .transform((events) => WEBHOOK_EVENTS.filter((event) => events.includes(event)));
/** Parsed the way a connecting client does, not by a pattern: a user name and password can be written in many ways. */
function hasCredentials(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username !== "" || password !== "";
}
/** What a webhook is narrowed to, each name once; empty: not narrowed. */
const Narrowed = z
  .array(
    RecordId.refine((id) => id === id.trim() && id !== "*" && !id.includes(","), "a name as it stands, and no pattern"),
  )
  .max(WEBHOOK_NARROWED_MAX)
  .transform((ids) => [...new Set(ids)].sort());
/** Where deliveries are sent. The service refuses addresses that the caller's tenant may not use. */
const WebhookUrl = exactText(2_048)
  .refine((text) => /^https?:\/\/[^\s/\\?#][^\s\\]*$/i.test(text) && URL.canParse(text), "an http or https address")
  .refine((text) => !hasCredentials(text), "must not carry credentials: deliveries are signed")
  .refine((text) => !text.includes("#"), "must not have a fragment: no server is sent it");

export const ListWebhooksInput = z.strictObject({
  tenantId: RecordId.optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListWebhooksInput = z.infer<typeof ListWebhooksInput>;

export const WebhookInput = z.strictObject({ webhookId: RecordId });
export type WebhookInput = z.infer<typeof WebhookInput>;

export const CreateWebhookInput = z.strictObject({
  /** Unique among the tenant's webhooks. */
  name: chosenName(80),
  url: WebhookUrl,
  events: Events,
  /** The projects whose events are sent; empty: all. */
  projectIds: Narrowed.default([]),
  /**
   * The queues whose tasks' events are sent, with those of their runs, turns and approvals and of the schedules that
   * add them. Empty: all.
   */
  queues: Narrowed.default([]),
  format: z.enum(WEBHOOK_FORMATS).default("json"),
  /** The tenant whose events are sent. Default for an administrator of all tenants: every tenant. */
  tenantId: OwnerId.optional(),
});
export type CreateWebhookInput = z.infer<typeof CreateWebhookInput>;

export const UpdateWebhookInput = z.strictObject({
  webhookId: RecordId,
  name: chosenName(80).optional(),
  url: WebhookUrl.optional(),
  events: Events.optional(),
  projectIds: Narrowed.optional(),
  queues: Narrowed.optional(),
  format: z.enum(WEBHOOK_FORMATS).optional(),
  /** Events that happen while the webhook is disabled are not kept for it; deliveries already made wait. */
  isEnabled: z.boolean().optional(),
  /** The version that the caller has seen. */
  expectedVersion: Int32.optional(),
});
export type UpdateWebhookInput = z.infer<typeof UpdateWebhookInput>;

export const DeleteWebhookInput = z.strictObject({ webhookId: RecordId, expectedVersion: Int32.optional() });
export type DeleteWebhookInput = z.infer<typeof DeleteWebhookInput>;

/** An address that is sent events. */
export const Webhook = z.object({
  id: z.string(),
  /** null: every tenant. */
  tenantId: z.string().nullable(),
  name: z.string(),
  url: z.string(),
  events: z.array(z.enum(WEBHOOK_EVENTS)),
  /** What the webhook is narrowed to; empty: not narrowed. */
  projectIds: z.array(z.string()),
  queues: z.array(z.string()),
  format: z.enum(WEBHOOK_FORMATS),
  isEnabled: z.boolean(),
  /** Why the webhook was disabled, where no person disabled it. */
  disabledReason: z.string().nullable(),
  /** Who made it, as the audit log names them. */
  createdBy: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  version: z.number(),
  /** Until when the previous secret signs as well; null: there is none. */
  previousSecretUntil: z.string().nullable(),
  lastDeliveredAt: z.string().nullable(),
  /** Since when no delivery has arrived; null: the last one sent arrived. */
  failingSince: z.string().nullable(),
  /** Deliveries on their way, and deliveries no longer tried; each counted up to DELIVERY_COUNT_MAX + 1. */
  pending: z.number(),
  failed: z.number(),
});
export type Webhook = z.infer<typeof Webhook>;
export const WebhookPage = pageOf(Webhook);

/** A webhook with the secret that signs its deliveries. The secret is returned only when it is made. */
export const WebhookWithSecret = Webhook.extend({ secret: z.string() });
export type WebhookWithSecret = z.infer<typeof WebhookWithSecret>;

export const DeletedWebhook = z.object({ webhookId: z.string() });
export type DeletedWebhook = z.infer<typeof DeletedWebhook>;

export const ListDeliveriesInput = z.strictObject({
  webhookId: RecordId,
  state: z.enum(DELIVERY_STATES).optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(LIST_LIMIT_MAX),
});
export type ListDeliveriesInput = z.infer<typeof ListDeliveriesInput>;

export const DeliveryInput = z.strictObject({ deliveryId: RecordId });
export type DeliveryInput = z.infer<typeof DeliveryInput>;

/** One event on its way to one webhook. */
export const WebhookDelivery = z.object({
  /** Also the `webhook-id`: the same in every try, so that a receiver recognises a repeated delivery. */
  id: z.string(),
  webhookId: z.string(),
  event: z.enum([...WEBHOOK_EVENTS, WEBHOOK_TEST]),
  state: z.enum(DELIVERY_STATES),
  /** What happened, in ids and states. */
  data: z.record(z.string(), z.unknown()),
  /**
   * The message that is sent, in the webhook's format: an object with `type`, `timestamp`, `url` and `data`, or with
   * `text`.
   */
  body: z.string(),
  /** Number of tries since the delivery was made, or since it was sent once more. */
  attempts: z.number(),
  /** Whether a try is in progress. It may have been lost with its sender, in which case it is made again. */
  isUnderWay: z.boolean(),
  /** The time of the next try; while one is in progress, when it counts as lost. null: there is none. */
  nextAttemptAt: z.string().nullable(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
  /** The last tries, newest last. */
  tries: z.array(
    z.object({
      at: z.string(),
      /** Milliseconds from the look-up of the receiver's name to its answer's end, or to when no more of it was waited for. */
      tookMs: z.number(),
      /** The HTTP status of the answer; null: there was no answer. */
      status: z.number().nullable(),
      error: z.string().nullable(),
      /**
       * The first 1,024 characters of what was said with it, without credentials. Kept of the last three tries; null: it is
       * not, or nothing was said that is text.
       */
      text: z.string().nullable(),
    }),
  ),
});
export type WebhookDelivery = z.infer<typeof WebhookDelivery>;
export const WebhookDeliveryPage = pageOf(WebhookDelivery);

export const Redelivered = z.object({
  webhookId: z.string(),
  deliveries: z.number(),
  /** Whether there are more, for another call. */
  hasMore: z.boolean(),
});
export type Redelivered = z.infer<typeof Redelivered>;
