import { eq } from "drizzle-orm";
import type { Db } from "@/db/client";
import { webhookDeliveries } from "@/db/schema";

/** How many deliveries are on their way, those of disabled webhooks included. */
export function countPendingDeliveries(db: Db): Promise<number> {
  return db.$count(webhookDeliveries, eq(webhookDeliveries.state, "pending"));
}
