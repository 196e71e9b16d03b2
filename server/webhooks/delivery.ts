import { and, eq } from "drizzle-orm";
import type { DeliveryInput, WebhookDelivery } from "@/contract/webhook";
import type { WebhookFormat } from "@/contract/words";
import { type WebhookDeliveryRow, webhookDeliveries, webhooks } from "@/db/schema";
import type { ServiceContext, TxContext } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { iso } from "@/server/stored";
import { bodyOf } from "./message";
import { isVisible } from "./webhook";

/** A delivery as it leaves the program, with what its webhook is sent of it. */
export function toDelivery(
  ctx: ServiceContext,
  row: WebhookDeliveryRow,
  { format }: { format: WebhookFormat },
): WebhookDelivery {
  const { id, webhookId, event, state, data } = row;
  return {
    id,
    webhookId,
    event,
    state,
    data,
    tries: row.tries.map((attempt) => ({ text: null, ...attempt })),
    attempts: row.attempts - row.attemptsBefore,
    isUnderWay: state === "pending" && row.isUnderWay,
    body: bodyOf(row, { format, publicUrl: ctx.settings.publicUrl }),
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
    .where(and(eq(webhookDeliveries.id, deliveryId), isVisible(ctx)))
    .for("update", { of: webhookDeliveries });
  if (found === undefined) throw new NotFoundError("delivery", deliveryId);
  return found;
}

/** One delivery, as it is now. */
export async function getDelivery(ctx: ServiceContext, { deliveryId }: DeliveryInput): Promise<WebhookDelivery> {
  const [found] = await ctx.db
    .select({ delivery: webhookDeliveries, format: webhooks.format })
    .from(webhookDeliveries)
    .innerJoin(webhooks, eq(webhooks.id, webhookDeliveries.webhookId))
    .where(and(eq(webhookDeliveries.id, deliveryId), isVisible(ctx)));
  if (found === undefined) throw new NotFoundError("delivery", deliveryId);
  return toDelivery(ctx, found.delivery, found);
}
