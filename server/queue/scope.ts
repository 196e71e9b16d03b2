import { and, eq, type SQL } from "drizzle-orm";
import { queueTasks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { isOwned } from "@/server/owned";

type Scope = { queue?: string; tenantId?: string; projectId?: string };

/** The tasks that a caller may see and asks for; a bound caller's own tenant always stands in it. */
export function inScope(ctx: ServiceContext, scope: Scope): SQL | undefined {
  return and(
    isOwned(ctx, queueTasks, scope),
    scope.queue === undefined ? undefined : eq(queueTasks.queue, scope.queue),
  );
}

/** One task of the caller's. */
export function ownTask(ctx: ServiceContext, taskId: string): SQL | undefined {
  return and(eq(queueTasks.id, taskId), inScope(ctx, {}));
}
