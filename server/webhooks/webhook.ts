import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Webhook } from "@/contract/webhook";
import { DELIVERY_COUNT_MAX, type DeliveryState } from "@/contract/words";
import { type WebhookRow, webhooks } from "@/db/schema";
import { type ServiceContext, type TxContext, tenantOf } from "@/server/context";
import { ConflictError, InvalidInputError, NotFoundError } from "@/server/errors";
import { iso } from "@/server/stored";
import { isPublicAddress, literalAddressOf } from "./public-address";

/** Webhooks of the caller's tenant; who sees every tenant sees them all. */
export function isVisible(ctx: ServiceContext): SQL | undefined {
  const tenantId = tenantOf(ctx);
  return tenantId === null ? undefined : eq(webhooks.tenantId, tenantId);
}

const countOf = (state: DeliveryState) => sql<number>`(select count(*)::int from (
  select from agentrun_webhook_deliveries delivery
  where delivery.webhook_id = "agentrun_webhooks"."id" and delivery.state = ${state}
  limit ${DELIVERY_COUNT_MAX + 1}) counted)`;

/** A webhook's row with the number of its deliveries. */
export const COUNTED_WEBHOOK = {
  webhook: webhooks,
  pending: countOf("pending"),
  failed: countOf("failed"),
};
export type CountedWebhook = { webhook: WebhookRow; pending: number; failed: number };

/** A webhook as it leaves the program: without what its deliveries are signed with. */
export function toWebhook({ webhook: row, pending, failed }: CountedWebhook): Webhook {
  const { id, tenantId, name, url, events, projectIds, queues, format, isEnabled, disabledReason } = row;
  const { createdBy, version } = row;
  const isOver = row.previousSecretUntil === null || row.previousSecretUntil <= new Date();
  return {
    id,
    tenantId,
    name,
    url,
    events,
    projectIds,
    queues,
    format,
    isEnabled,
    disabledReason,
    createdBy,
    version,
    pending,
    failed,
    createdAt: iso(row.createdAt),
    updatedAt: iso(row.updatedAt),
    previousSecretUntil: isOver ? null : iso(row.previousSecretUntil),
    lastDeliveredAt: iso(row.lastDeliveredAt),
    failingSince: iso(row.failingSince),
  };
}

/** A webhook that the caller may see, as it is now. */
export async function readWebhook(ctx: ServiceContext, webhookId: string): Promise<Webhook> {
  const [found] = await ctx.db
    .select(COUNTED_WEBHOOK)
    .from(webhooks)
    .where(and(eq(webhooks.id, webhookId), isVisible(ctx)));
  if (found === undefined) throw new NotFoundError("webhook", webhookId);
  return toWebhook(found);
}

/** A webhook that the caller may see, as it is stored. */
export async function findWebhook(ctx: ServiceContext, webhookId: string): Promise<WebhookRow> {
  const [webhook] = await ctx.db
    .select()
    .from(webhooks)
    .where(and(eq(webhooks.id, webhookId), isVisible(ctx)));
  if (webhook === undefined) throw new NotFoundError("webhook", webhookId);
  return webhook;
}

/** Locks a webhook that the caller may change, and has seen as it is. */
export async function lockWebhook(
  ctx: TxContext,
  { webhookId, expectedVersion }: { webhookId: string; expectedVersion?: number },
): Promise<WebhookRow> {
  const [webhook] = await ctx.db
    .select()
    .from(webhooks)
    .where(and(eq(webhooks.id, webhookId), isVisible(ctx)))
    .for("update");
  if (webhook === undefined) throw new NotFoundError("webhook", webhookId);
  if (expectedVersion !== undefined && expectedVersion !== webhook.version)
    throw new ConflictError("version-conflict", `the webhook “${webhook.name}” was changed meanwhile: look again`, {
      current: await readWebhook(ctx, webhookId),
    });
  return webhook;
}

/**
 * Throws for an address that a tenant's webhook must not have: messages must not be readable on the way, and must not
 * reach services that only this installation's own network can reach. Callers that see every tenant run that network
 * and may use any address.
 */
export function assertAllowedUrl(tenantId: string | null, text: string): void {
  if (tenantId === null) return;
  const url = new URL(text);
  if (url.protocol !== "https:") throw new InvalidInputError("url: a tenant's webhook has an https address");
  const address = literalAddressOf(url);
  if (address !== null && !isPublicAddress(address))
    throw new InvalidInputError("url: a tenant's webhook has a public address");
}

/** Returns what the audit log keeps of an address: its path and query may be a secret that opens the service. */
export function originOf(url: string): string {
  return new URL(url).origin;
}

export function nameTakenError(name: string): ConflictError {
  return new ConflictError("already-exists", `a webhook named “${name}” is there: take another name`);
}
