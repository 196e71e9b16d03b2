import { and, eq, exists } from "drizzle-orm";
import type { Db } from "@/db/client";
import { webhookDeliveries, webhooks } from "@/db/schema";

/** How many deliveries are on their way, those of disabled webhooks included. */
export function countPendingDeliveries(db: Db): Promise<number> {
  const hasWebhook = exists(db.select().from(webhooks).where(eq(webhooks.id, webhookDeliveries.webhookId)));
  return db.$count(webhookDeliveries, and(eq(webhookDeliveries.state, "pending"), hasWebhook));
}
