import { and, asc, eq, isNotNull } from "drizzle-orm";
import { webhooks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { iso } from "@/server/stored";

/** Webhooks that were disabled by no person, those first that have been so for longest; `tenantId` null: of all. */
export async function listDisabledWebhooks(
  ctx: ServiceContext,
  { tenantId, max }: { tenantId: string | null; max: number },
) {
  const rows = await ctx.db
    .select({
      ...{ id: webhooks.id, name: webhooks.name, tenantId: webhooks.tenantId, disabledReason: webhooks.disabledReason },
      at: webhooks.updatedAt,
    })
    .from(webhooks)
    .where(
      and(
        ...[eq(webhooks.isEnabled, false), isNotNull(webhooks.disabledReason)],
        tenantId === null ? undefined : eq(webhooks.tenantId, tenantId),
      ),
    )
    .orderBy(asc(webhooks.updatedAt))
    .limit(max);
  return rows.map(({ at, ...row }) => ({ ...row, since: iso(at) }));
}
