import { and, eq, inArray, sql } from "drizzle-orm";
import type { DeliveryInput, Redelivered, WebhookDelivery, WebhookInput } from "@/contract/webhook";
import { WEBHOOK_TEST } from "@/contract/words";
import { type WebhookRow, webhookDeliveries } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { newId } from "@/server/ids";
import { lockDelivery, toDelivery } from "./delivery";
import { findWebhook } from "./webhook";

/** How many deliveries one call sends again at most. */
const REDELIVERIES_MAX = 5_000;
/**
 * Resets a delivery as if it had not been tried. The results of its tries are kept, and a try under way no longer
 * belongs to it.
 */
const RESET_COLUMNS = {
  ...({ state: "pending", isUnderWay: false, endedAt: null } as const),
  nextAttemptAt: sql`clock_timestamp()`,
  attemptsBefore: sql`${webhookDeliveries.attempts} + 1`,
  // An answer to a try begun before must not count for this one.
  attempts: sql`${webhookDeliveries.attempts} + 1`,
};

/**
 * Sends a delivery once more, whatever became of it, with a new series of tries. If it is waiting for its next try,
 * that is made now.
 */
export function redeliver(ctx: ServiceContext, { deliveryId }: DeliveryInput): Promise<WebhookDelivery> {
  return inTx(ctx, async (ctx) => {
    const { delivery, webhook } = await lockDelivery(ctx, deliveryId);
    assertEnabled(webhook);
    const [reset] = await ctx.db
      .update(webhookDeliveries)
      .set(RESET_COLUMNS)
      .where(eq(webhookDeliveries.id, deliveryId))
      .returning();
    if (reset === undefined) throw new Error("the delivery has gone though it was locked");
    await auditWebhook(ctx, webhook, "webhooks.redeliver", { deliveryId, event: delivery.event, was: delivery.state });
    ctx.wake("webhooks");
    return toDelivery(ctx, reset, webhook);
  });
}

/**
 * Sends the deliveries again that a webhook did not receive in any of their tries, for example after an outage of its
 * receiver, the oldest first.
 */
export function redeliverFailed(ctx: ServiceContext, { webhookId }: WebhookInput): Promise<Redelivered> {
  return inTx(ctx, async (ctx) => {
    const webhook = await findWebhook(ctx, webhookId);
    assertEnabled(webhook);
    const oldest = ctx.db
      .select({ id: webhookDeliveries.id })
      .from(webhookDeliveries)
      .where(and(eq(webhookDeliveries.webhookId, webhookId), eq(webhookDeliveries.state, "failed")))
      .orderBy(webhookDeliveries.createdAt, webhookDeliveries.id)
      .limit(REDELIVERIES_MAX)
      .for("update", { skipLocked: true });
    const { rowCount } = await ctx.db
      .update(webhookDeliveries)
      .set(RESET_COLUMNS)
      .where(inArray(webhookDeliveries.id, oldest));
    const deliveries = rowCount ?? 0;
    await auditWebhook(ctx, webhook, "webhooks.redeliverFailed", { deliveries });
    ctx.wake("webhooks");
    return { webhookId, deliveries, hasMore: deliveries === REDELIVERIES_MAX };
  });
}

/** Sends a webhook a message that says nothing, to see whether it arrives. */
export function testWebhook(ctx: ServiceContext, { webhookId }: WebhookInput): Promise<WebhookDelivery> {
  return inTx(ctx, async (ctx) => {
    const webhook = await findWebhook(ctx, webhookId);
    assertEnabled(webhook);
    const [delivery] = await ctx.db
      .insert(webhookDeliveries)
      .values({
        id: newId("webhookDelivery"),
        webhookId,
        event: WEBHOOK_TEST,
        data: { webhookId, tenantId: webhook.tenantId },
        at: sql`clock_timestamp()`,
      })
      .returning();
    if (delivery === undefined) throw new Error("the delivery was not stored");
    await auditWebhook(ctx, webhook, "webhooks.test", { deliveryId: delivery.id });
    ctx.wake("webhooks");
    return toDelivery(ctx, delivery, webhook);
  });
}

function auditWebhook(
  ctx: TxContext,
  webhook: WebhookRow,
  action: string,
  details: Record<string, unknown>,
): Promise<void> {
  return audit(ctx, { action, targetKind: "webhook", targetId: webhook.id, tenantId: webhook.tenantId, details });
}

function assertEnabled({ name, isEnabled }: { name: string; isEnabled: boolean }): void {
  if (!isEnabled) throw new ConflictError("webhook-disabled", `the webhook “${name}” is disabled: enable it first`);
}
