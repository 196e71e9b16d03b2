import { eq, sql } from "drizzle-orm";
import type { WebhookInput, WebhookWithSecret } from "@/contract/webhook";
import { webhooks } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext } from "@/server/context";
import { newWebhookSecret } from "./signature";
import { lockWebhook, readWebhook } from "./webhook";

/** How long both secrets sign: time to give a receiver the new one. */
const OVERLAP_HOURS = 24;

/**
 * Gives a webhook a new secret. For a day, deliveries are signed with the previous secret as well; an even earlier one
 * is dropped at once.
 */
export function rotateWebhookSecret(ctx: ServiceContext, input: WebhookInput): Promise<WebhookWithSecret> {
  const secret = newWebhookSecret();
  return inTx(ctx, async (ctx) => {
    const before = await lockWebhook(ctx, input);
    await ctx.db
      .update(webhooks)
      .set({
        secret,
        previousSecret: before.secret,
        version: before.version + 1,
        previousSecretUntil: sql`clock_timestamp() + ${OVERLAP_HOURS} * interval '1 hour'`,
        updatedAt: sql`clock_timestamp()`,
      })
      .where(eq(webhooks.id, before.id));
    await audit(ctx, {
      action: "webhooks.rotateSecret",
      targetKind: "webhook",
      targetId: before.id,
      tenantId: before.tenantId,
      details: { name: before.name },
    });
    return { ...(await readWebhook(ctx, before.id)), secret };
  });
}
