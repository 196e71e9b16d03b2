import { and, asc, eq, sql } from "drizzle-orm";
import type { Page } from "@/contract/page";
import type { ListWebhooksInput, Webhook } from "@/contract/webhook";
import { webhooks } from "@/db/schema";
import { type ServiceContext, tenantFor } from "@/server/context";
import { decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { COUNTED_WEBHOOK, toWebhook } from "./webhook";

/** Webhooks, the oldest first. */
export async function listWebhooks(ctx: ServiceContext, input: ListWebhooksInput): Promise<Page<Webhook>> {
  const { cursor, limit, ...conditions } = input;
  const filter = { ...conditions, list: "webhooks.list" };
  const position = cursor === undefined ? null : decodePlace(filter, cursor, 2);
  const tenantId = tenantFor(ctx, input.tenantId);
  const rows = await ctx.db
    .select({ ...COUNTED_WEBHOOK, position: sql<string>`${webhooks.createdAt}::text` })
    .from(webhooks)
    .where(
      and(
        tenantId === null ? undefined : eq(webhooks.tenantId, tenantId),
        position === null
          ? undefined
          : sql`(${webhooks.createdAt}, ${webhooks.id}) > (${position[0]}::timestamptz, ${position[1]})`,
      ),
    )
    .orderBy(asc(webhooks.createdAt), asc(webhooks.id))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.position, last.webhook.id]));
  return { items: page.rows.map(toWebhook), cursor: page.cursor };
}
