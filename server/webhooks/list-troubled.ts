import { and, asc, eq, isNotNull, lt, type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import { webhooks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { iso } from "@/server/stored";

/** `tenantId` null: the webhooks of all tenants. */
type Listed = { tenantId: string | null; max: number };

/** Hours without a delivery after which a person is told: a receiver that restarts is back long before. */
const FAILING_HOURS = 1;

/** Lists the webhooks that no person disabled, those first that have been disabled for longest. */
export function listDisabledWebhooks(ctx: ServiceContext, listed: Listed) {
  const isDisabled = and(eq(webhooks.isEnabled, false), isNotNull(webhooks.disabledReason));
  return list(ctx, listed, isDisabled, webhooks.updatedAt);
}

/** Lists the enabled webhooks at which nothing has arrived for an hour, those first that have failed for longest. */
export function listFailingWebhooks(ctx: ServiceContext, listed: Listed) {
  const isLong = lt(webhooks.failingSince, sql`clock_timestamp() - ${FAILING_HOURS} * interval '1 hour'`);
  return list(ctx, listed, and(eq(webhooks.isEnabled, true), isLong), webhooks.failingSince);
}

async function list(ctx: ServiceContext, { tenantId, max }: Listed, condition: SQL | undefined, since: AnyPgColumn) {
  const rows = await ctx.db
    .select({
      id: webhooks.id,
      name: webhooks.name,
      tenantId: webhooks.tenantId,
      disabledReason: webhooks.disabledReason,
      failingSince: webhooks.failingSince,
      updatedAt: webhooks.updatedAt,
    })
    .from(webhooks)
    .where(and(condition, tenantId === null ? undefined : eq(webhooks.tenantId, tenantId)))
    .orderBy(asc(since))
    .limit(max);
  return rows.map(({ failingSince, updatedAt, ...row }) => {
    return { ...row, since: iso(since === webhooks.updatedAt ? updatedAt : (failingSince ?? updatedAt)) };
  });
}
