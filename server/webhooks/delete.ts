import { eq } from "drizzle-orm";
import type { DeletedWebhook, DeleteWebhookInput } from "@/contract/webhook";
import { webhooks } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { lockWebhook, originOf } from "./webhook";

/** Deletes a webhook. What was sent to it, or was on its way, is nobody's any more, and is removed with its age. */
export function deleteWebhook(ctx: ServiceContext, input: DeleteWebhookInput): Promise<DeletedWebhook> {
  return inTx(ctx, async (ctx) => {
    const { id: webhookId, tenantId, name, url, events } = await lockWebhook(ctx, input);
    await ctx.db.delete(webhooks).where(eq(webhooks.id, webhookId));
    const details = { name, to: originOf(url), events };
    await audit(ctx, { action: "webhooks.delete", targetKind: "webhook", targetId: webhookId, tenantId, details });
    return { webhookId };
  });
}
