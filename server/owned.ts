import { and, eq, type SQL } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { type ServiceContext, tenantOf } from "./context";

type Owner = { tenantId?: string | undefined; projectId?: string | undefined };

/** The condition for rows that a caller may see and that match its filter. A caller bound to a tenant sees no other's. */
export function isOwned(
  ctx: ServiceContext,
  columns: { tenantId: PgColumn; projectId: PgColumn },
  { tenantId, projectId }: Owner,
): SQL | undefined {
  const bound = tenantOf(ctx);
  return and(
    bound === null ? undefined : eq(columns.tenantId, bound),
    tenantId === undefined ? undefined : eq(columns.tenantId, tenantId),
    projectId === undefined ? undefined : eq(columns.projectId, projectId),
  );
}
