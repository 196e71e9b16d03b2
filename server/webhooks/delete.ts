import { count, eq } from "drizzle-orm";
import type { DeletedWebhook, DeleteWebhookInput } from "@/contract/webhook";
import { webhookDeliveries, webhooks } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { lockWebhook, originOf } from "./webhook";

/** Deletes a webhook with all that was sent to it, or was on its way. */
export function deleteWebhook(ctx: ServiceContext, input: DeleteWebhookInput): Promise<DeletedWebhook> {
  return inTx(ctx, async (ctx) => {
    const { id: webhookId, tenantId, name, url, events } = await lockWebhook(ctx, input);
    const ofIt = eq(webhookDeliveries.webhookId, webhookId);
    const [sent] = await ctx.db.select({ deliveries: count() }).from(webhookDeliveries).where(ofIt);
    const deliveries = sent?.deliveries ?? 0;
    await ctx.db.delete(webhooks).where(eq(webhooks.id, webhookId));
    const details = { name, to: originOf(url), events, deliveries };
    await audit(ctx, { action: "webhooks.delete", targetKind: "webhook", targetId: webhookId, tenantId, details });
    return { webhookId, deliveries };
  });
}
