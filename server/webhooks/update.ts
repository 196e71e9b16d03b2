import { eq, sql } from "drizzle-orm";
import type { UpdateWebhookInput, Webhook } from "@/contract/webhook";
import { isUniqueViolation } from "@/db/errors";
import { type WebhookRow, webhooks } from "@/db/schema";
import { audit } from "@/server/audit";
import { inTx, type ServiceContext, type TxContext } from "@/server/context";
import { assertAllowedUrl, lockWebhook, nameTakenError, originOf, readWebhook } from "./webhook";

/**
 * Changes a webhook; if nothing would change, it stays as it is. When it is enabled again, it is sent the deliveries
 * that were waiting.
 */
export async function updateWebhook(ctx: ServiceContext, input: UpdateWebhookInput): Promise<Webhook> {
  try {
    return await inTx(ctx, async (ctx) => {
      const before = await lockWebhook(ctx, input);
      const { name = before.name, url = before.url, events = before.events } = input;
      const { projectIds = before.projectIds, queues = before.queues } = input;
      const { format = before.format, isEnabled = before.isEnabled } = input;
      if (url !== before.url) assertAllowedUrl(before.tenantId, url);
      const after = { name, url, events, projectIds, queues, format, isEnabled };
      const changed = fieldsChanged(before, after);
      if (changed.length > 0) await storeChange(ctx, before, { after, changed });
      return readWebhook(ctx, before.id);
    });
  } catch (error) {
    if (!isUniqueViolation(error, "agentrun_webhooks_name_idx")) throw error;
    throw nameTakenError(input.name ?? input.webhookId);
  }
}

type Settable = Pick<WebhookRow, "name" | "url" | "events" | "projectIds" | "queues" | "format" | "isEnabled">;
type Change = { after: Settable; changed: (keyof Settable)[] };

function fieldsChanged(before: Settable, after: Settable): (keyof Settable)[] {
  const fields = Object.keys(after) as (keyof Settable)[];
  return fields.filter((field) => String(before[field]) !== String(after[field]));
}

async function storeChange(ctx: TxContext, before: WebhookRow, { after, changed }: Change): Promise<void> {
  // A new address, or a person who enables it, is a fresh start.
  const isReset = changed.includes("url") || changed.includes("isEnabled");
  await ctx.db
    .update(webhooks)
    .set({
      ...after,
      version: before.version + 1,
      updatedAt: sql`clock_timestamp()`,
      ...(isReset ? { disabledReason: null, failingSince: null } : {}),
    })
    .where(eq(webhooks.id, before.id));
  const shown = { ...after, url: originOf(after.url) };
  await audit(ctx, {
    action: "webhooks.update",
    targetKind: "webhook" as const,
    targetId: before.id,
    tenantId: before.tenantId,
    details: { was: before.name, ...Object.fromEntries(changed.map((field) => [field, shown[field]])) },
  });
  ctx.wake("webhooks");
}
