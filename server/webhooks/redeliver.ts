import { and, eq, sql } from "drizzle-orm";
import type { DeliveryInput, Redelivered, WebhookDelivery, WebhookInput } from "@/contract/webhook";
import { WEBHOOK_TEST } from "@/contract/words";
import { webhookDeliveries } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { newId } from "@/server/ids";
import { lockDelivery, toDelivery } from "./delivery";
import { lockWebhook } from "./webhook";

/** As one that has not been tried. What its tries said is kept. */
const ANEW = { state: "pending", attempts: 0, nextAttemptAt: sql`clock_timestamp()`, endedAt: null } as const;

/** Sends a delivery once more, whatever became of it, with tries of its own; one that waits for its next is tried now. */
export function redeliver(ctx: ServiceContext, { deliveryId }: DeliveryInput): Promise<WebhookDelivery> {
  return inTx(ctx, async (ctx) => {
    const { delivery, webhook } = await lockDelivery(ctx, deliveryId);
    assertEnabled(webhook);
    const [anew] = await ctx.db
      .update(webhookDeliveries)
      .set(ANEW)
      .where(eq(webhookDeliveries.id, deliveryId))
      .returning();
    if (anew === undefined) throw new Error("the delivery has gone though it was locked");
    await audit(ctx, {
      ...{ action: "webhooks.redeliver", targetKind: "webhook", targetId: webhook.id, tenantId: webhook.tenantId },
      details: { deliveryId, event: delivery.event, was: delivery.state },
    });
    ctx.wake("webhooks");
    return toDelivery(ctx, anew, webhook);
  });
}

/** Sends everything once more that a webhook was not sent after all its tries, as after an outage of its receiver. */
export function redeliverFailed(ctx: ServiceContext, input: WebhookInput): Promise<Redelivered> {
  return inTx(ctx, async (ctx) => {
    const webhook = await lockWebhook(ctx, input);
    assertEnabled(webhook);
    const failed = and(eq(webhookDeliveries.webhookId, webhook.id), eq(webhookDeliveries.state, "failed"));
    const { rowCount } = await ctx.db.update(webhookDeliveries).set(ANEW).where(failed);
    const deliveries = rowCount ?? 0;
    await audit(ctx, {
      ...{ action: "webhooks.redeliverFailed", targetKind: "webhook", targetId: webhook.id },
      ...{ tenantId: webhook.tenantId, details: { deliveries } },
    });
    ctx.wake("webhooks");
    return { webhookId: webhook.id, deliveries };
  });
}

/** Sends a webhook a message that says nothing, to see whether it arrives. */
export function testWebhook(ctx: ServiceContext, input: WebhookInput): Promise<WebhookDelivery> {
  return inTx(ctx, async (ctx) => {
    const webhook = await lockWebhook(ctx, input);
    assertEnabled(webhook);
    const [delivery] = await ctx.db
      .insert(webhookDeliveries)
      .values({
        ...{ id: newId("webhookDelivery"), webhookId: webhook.id, event: WEBHOOK_TEST },
        ...{ data: { webhookId: webhook.id, tenantId: webhook.tenantId }, at: sql`clock_timestamp()` },
      })
      .returning();
    if (delivery === undefined) throw new Error("the delivery was not stored");
    await audit(ctx, {
      ...{ action: "webhooks.test", targetKind: "webhook", targetId: webhook.id, tenantId: webhook.tenantId },
      details: { deliveryId: delivery.id },
    });
    ctx.wake("webhooks");
    return toDelivery(ctx, delivery, webhook);
  });
}

function assertEnabled({ name, isEnabled }: { name: string; isEnabled: boolean }): void {
  if (!isEnabled) throw new ConflictError("webhook-disabled", `the webhook “${name}” is disabled: enable it first`);
}
