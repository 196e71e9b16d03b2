import { count, sql } from "drizzle-orm";
import type { CreateWebhookInput, WebhookWithSecret } from "@/contract/webhook";
import { WEBHOOKS_MAX } from "@/contract/words";
import { isUniqueViolation } from "@/db/errors";
import { lockOwnerKey } from "@/db/queries/advisory-lock";
import { webhooks } from "@/db/schema";
import { actorName, audit } from "@/server/audit";
import { inTx, type ServiceContext, tenantFor } from "@/server/context";
import { ConflictError } from "@/server/errors";
import { newId } from "@/server/ids";
import { newWebhookSecret } from "./signature";
import { assertAllowedUrl, nameTakenError, originOf, toWebhook } from "./webhook";

/**
 * Makes a webhook. The answer holds its signing secret, which is shown only this once. The webhook is sent what happens
 * from now on.
 */
export async function createWebhook(ctx: ServiceContext, input: CreateWebhookInput): Promise<WebhookWithSecret> {
  const { name, url, events, projectIds, queues, format } = input;
  const tenantId = tenantFor(ctx, input.tenantId);
  assertAllowedUrl(tenantId, url);
  const secret = newWebhookSecret();
  try {
    return await inTx(ctx, async (ctx) => {
      // Two that come together are counted one after the other.
      await lockOwnerKey(ctx.db, `webhooks ${tenantId ?? ""}`);
      const [own] = await ctx.db
        .select({ webhooks: count() })
        .from(webhooks)
        .where(sql`coalesce(${webhooks.tenantId}, '') = ${tenantId ?? ""}`);
      if ((own?.webhooks ?? 0) >= WEBHOOKS_MAX)
        throw new ConflictError("limit-reached", `${WEBHOOKS_MAX} webhooks are the most: delete one first`, {
          max: WEBHOOKS_MAX,
        });
      const [webhook] = await ctx.db
        .insert(webhooks)
        .values({
          id: newId("webhook"),
          tenantId,
          name,
          url,
          events,
          projectIds,
          queues,
          format,
          secret,
          createdBy: actorName(ctx.actor),
          createdAt: sql`clock_timestamp()`,
          updatedAt: sql`clock_timestamp()`,
        })
        .returning();
      if (webhook === undefined) throw new Error("the webhook was not stored");
      const details = { name, to: originOf(url), events, projectIds, queues, format };
      await audit(ctx, { action: "webhooks.create", targetKind: "webhook", targetId: webhook.id, tenantId, details });
      return { ...toWebhook({ webhook, pending: 0, failed: 0 }), secret };
    });
  } catch (error) {
    if (!isUniqueViolation(error, "agentrun_webhooks_name_idx")) throw error;
    throw nameTakenError(name);
  }
}
