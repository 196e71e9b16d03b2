import { and, eq, type SQL } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { queueTasks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isOwned } from "@/server/owned";

type Scope = { queue?: string; tenantId?: string; projectId?: string };
type Columns = { tenantId: PgColumn; projectId: PgColumn; queue: PgColumn };

/**
 * The condition for tasks (or rows with such columns) that the caller may see and asks for. It always holds the tenant
 * of a caller bound to one.
 */
export function inScope(ctx: ServiceContext, scope: Scope, columns: Columns = queueTasks): SQL | undefined {
  return and(isOwned(ctx, columns, scope), scope.queue === undefined ? undefined : eq(columns.queue, scope.queue));
}

/** The condition for one task of the caller's. */
export function ownTask(ctx: ServiceContext, taskId: string): SQL | undefined {
  return and(eq(queueTasks.id, taskId), inScope(ctx, {}));
}
