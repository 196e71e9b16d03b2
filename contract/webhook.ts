import { z } from "zod";
import { chosenName, exactText, Int32, OwnerId, RecordId } from "./ids";
import { Cursor, LIST_LIMIT_MAX, pageLimit, pageOf } from "./page";
import { DELIVERY_STATES, WEBHOOK_EVENTS, WEBHOOK_FORMATS, WEBHOOK_NARROWED_MAX, WEBHOOK_TEST } from "./words";

const Events = z
  .array(z.enum(WEBHOOK_EVENTS))
  .min(1)
  .max(WEBHOOK_EVENTS.length)
  .transform((events) => WEBHOOK_EVENTS.filter((event) => events.includes(event)));
/** As whoever connects reads it, and no pattern: there are many ways to write a name and a password. */
function hasCredentials(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username !== "" || password !== "";
}
/** What a webhook is narrowed to, each once; none: it is not. */
const Narrowed = z
  .array(
    RecordId.refine((id) => id === id.trim() && id !== "*" && !id.includes(","), "a name as it stands, and no pattern"),
  )
  .max(WEBHOOK_NARROWED_MAX)
  .transform((ids) => [...new Set(ids)].sort());
/** Where deliveries go. The service refuses those that the caller's tenant may not have. */
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
  /** Of the webhooks of a tenant no two have the same. */
  name: chosenName(80),
  url: WebhookUrl,
  events: Events,
  /** Of which projects it is told; none: of all. */
  projectIds: Narrowed.default([]),
  /** Of which queues' tasks it is told, with their runs, turns and approvals and the schedules that add them; none: of all. */
  queues: Narrowed.default([]),
  format: z.enum(WEBHOOK_FORMATS).default("json"),
  /** Whose events it is told of; left out by an administrator of all tenants: every tenant's. */
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
  /** What happens while it is disabled is not kept for it; what was on its way waits. */
  isEnabled: z.boolean().optional(),
  /** The version that the caller has seen. */
  expectedVersion: Int32.optional(),
});
export type UpdateWebhookInput = z.infer<typeof UpdateWebhookInput>;

export const DeleteWebhookInput = z.strictObject({ webhookId: RecordId, expectedVersion: Int32.optional() });
export type DeleteWebhookInput = z.infer<typeof DeleteWebhookInput>;

/** An address that is told of what happens. */
export const Webhook = z.object({
  id: z.string(),
  /** null: every tenant. */
  tenantId: z.string().nullable(),
  name: z.string(),
  url: z.string(),
  events: z.array(z.enum(WEBHOOK_EVENTS)),
  /** What it is narrowed to; none: it is not. */
  projectIds: z.array(z.string()),
  queues: z.array(z.string()),
  format: z.enum(WEBHOOK_FORMATS),
  isEnabled: z.boolean(),
  /** Why it was disabled, where no person did it. */
  disabledReason: z.string().nullable(),
  /** Who made it, as the audit log names them. */
  createdBy: z.string(),
  createdAt: z.string(),
  updatedAt: z.string(),
  version: z.number(),
  /** Until when the secret of before signs too; null: there is none. */
  previousSecretUntil: z.string().nullable(),
  lastDeliveredAt: z.string().nullable(),
  /** Since when nothing arrives there; null: what was sent last arrived. */
  failingSince: z.string().nullable(),
  /** Deliveries that are on their way, and that are tried no more; at most DELIVERY_COUNT_MAX + 1 of each are counted. */
  pending: z.number(),
  failed: z.number(),
});
export type Webhook = z.infer<typeof Webhook>;
export const WebhookPage = pageOf(Webhook);

/** A webhook with what its deliveries are signed with, which is told when it is made and no other time. */
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
  /** Also its `webhook-id`: the same in every try, so that a receiver knows one that it has had. */
  id: z.string(),
  webhookId: z.string(),
  event: z.enum([...WEBHOOK_EVENTS, WEBHOOK_TEST]),
  state: z.enum(DELIVERY_STATES),
  /** What happened, in ids and states. */
  data: z.record(z.string(), z.unknown()),
  /** What is sent, by the webhook's format: an object of `type`, `timestamp`, `url` and `data`, or of `text`. */
  body: z.string(),
  /** Tries that were begun since it was first, or once more, to be sent. */
  attempts: z.number(),
  /** Whether a try is under way; it may have been lost with its sender, and is then made again. */
  isUnderWay: z.boolean(),
  /** When it is tried next; while a try is under way, when that counts as lost. null: it is not. */
  nextAttemptAt: z.string().nullable(),
  createdAt: z.string(),
  endedAt: z.string().nullable(),
  /** The last tries, the newest last. */
  tries: z.array(
    z.object({
      at: z.string(),
      tookMs: z.number(),
      /** What was answered; null: nothing. */
      status: z.number().nullable(),
      error: z.string().nullable(),
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
