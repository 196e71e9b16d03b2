import { and, eq } from "drizzle-orm";
import type { DeliveryInput, WebhookDelivery } from "@/contract/webhook";
import { type WebhookDeliveryRow, webhookDeliveries, webhooks } from "@/db/schema";
import type { ServiceContext, TxContext } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { iso } from "@/server/stored";
import { isSeen } from "./webhook";

/** What is sent of an event: the same text in each try, since it is signed. */
export function bodyOf({ event, at, data }: { event: string; at: Date; data: Record<string, unknown> }): string {
  return JSON.stringify({ type: event, timestamp: at.toISOString(), data });
}

export function toDelivery(row: WebhookDeliveryRow): WebhookDelivery {
  const { id, webhookId, event, state, attempts, tries } = row;
  return {
    ...{ id, webhookId, event, state, attempts, tries },
    body: bodyOf(row),
    nextAttemptAt: state === "pending" ? iso(row.nextAttemptAt) : null,
    createdAt: iso(row.createdAt),
    endedAt: iso(row.endedAt),
  };
}

/** Locks a delivery of a webhook that the caller may see. */
export async function lockDelivery(ctx: TxContext, deliveryId: string) {
  const [found] = await ctx.db
    .select({ delivery: webhookDeliveries, webhook: webhooks })
    .from(webhookDeliveries)
    .innerJoin(webhooks, eq(webhooks.id, webhookDeliveries.webhookId))
    .where(and(eq(webhookDeliveries.id, deliveryId), isSeen(ctx)))
    .for("update", { of: webhookDeliveries });
  if (found === undefined) throw new NotFoundError("delivery", deliveryId);
  return found;
}

/** One delivery, as it is now. */
export async function getDelivery(ctx: ServiceContext, { deliveryId }: DeliveryInput): Promise<WebhookDelivery> {
  const [found] = await ctx.db
    .select({ delivery: webhookDeliveries })
    .from(webhookDeliveries)
    .innerJoin(webhooks, eq(webhooks.id, webhookDeliveries.webhookId))
    .where(and(eq(webhookDeliveries.id, deliveryId), isSeen(ctx)));
  if (found === undefined) throw new NotFoundError("delivery", deliveryId);
  return toDelivery(found.delivery);
}
