import { and, desc, eq, sql } from "drizzle-orm";
import type { Page } from "@/contract/page";
import type { ListDeliveriesInput, WebhookDelivery } from "@/contract/webhook";
import { webhookDeliveries } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { toDelivery } from "./delivery";
import { findWebhook } from "./webhook";

/** What was sent to a webhook or is on its way there, the newest first. */
export async function listDeliveries(ctx: ServiceContext, input: ListDeliveriesInput): Promise<Page<WebhookDelivery>> {
  const { cursor, limit, ...conditions } = input;
  const filter = { ...conditions, list: "webhooks.deliveries" };
  const position = cursor === undefined ? null : decodePlace(filter, cursor, 2);
  const webhook = await findWebhook(ctx, input.webhookId);
  const rows = await ctx.db
    .select({ delivery: webhookDeliveries, position: sql<string>`${webhookDeliveries.createdAt}::text` })
    .from(webhookDeliveries)
    .where(
      and(
        eq(webhookDeliveries.webhookId, webhook.id),
        input.state === undefined ? undefined : eq(webhookDeliveries.state, input.state),
        position === null
          ? undefined
          : sql`(${webhookDeliveries.createdAt}, ${webhookDeliveries.id}) < (${position[0]}::timestamptz, ${position[1]})`,
      ),
    )
    .orderBy(desc(webhookDeliveries.createdAt), desc(webhookDeliveries.id))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.position, last.delivery.id]));
  return { items: page.rows.map(({ delivery }) => toDelivery(ctx, delivery, webhook)), cursor: page.cursor };
}
