import { eq } from "drizzle-orm";
import type { DeletedWebhook, DeleteWebhookInput } from "@/contract/webhook";
import { webhooks } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { lockWebhook, originOf } from "./webhook";

/** Deletes a webhook. Deliveries sent to it or on their way belong to nobody any more, and are removed by age. */
export function deleteWebhook(ctx: ServiceContext, input: DeleteWebhookInput): Promise<DeletedWebhook> {
  return inTx(ctx, async (ctx) => {
    const { id: webhookId, tenantId, name, url, events } = await lockWebhook(ctx, input);
    await ctx.db.delete(webhooks).where(eq(webhooks.id, webhookId));
    const details = { name, to: originOf(url), events };
    await audit(ctx, { action: "webhooks.delete", targetKind: "webhook", targetId: webhookId, tenantId, details });
    return { webhookId };
  });
}
