import { and, eq, type SQL, sql } from "drizzle-orm";
import { BULK_TASKS_MAX, type BulkAction, type BulkFilter, type CreateBulkInput } from "@/contract/queue-bulk";
import { isWithin } from "@/db/queries/is-within";
import { takeMatching } from "@/db/queries/queue-bulk";
import { textArray } from "@/db/queries/queue-dispatch";
import { matchesSearch } from "@/db/queries/queue-list";
import { queueTasks } from "@/db/schema";
import { actorName, audit } from "@/server/audit";
import { inTx, type ServiceContext, tenantFor } from "@/server/context";
import { ConflictError, InvalidInputError } from "@/server/errors";
import { redactMessage } from "@/server/events";
import { newId } from "@/server/ids";
import { getBulk } from "./bulk";
import { inScope } from "./scope";

/**
 * Has the worker do one thing to many tasks: those that match now, whatever matches later. Answers before any of it is
 * done.
 */
export async function createBulk(ctx: ServiceContext, input: CreateBulkInput): Promise<BulkAction> {
  const { action, filter, projectId } = input;
  const tenantId = tenantFor(ctx, input.tenantId);
  const conditions = conditionsOf(filter);
  if (conditions === undefined) throw new InvalidInputError("filter: name at least one condition");
  const matches = and(inScope(ctx, { tenantId: tenantId ?? undefined, projectId }), conditions) ?? conditions;
  return inTx(ctx, async (ctx) => {
    const id = newId("bulk");
    const bulk = {
      ...{ id, tenantId, projectId: projectId ?? null, action, filter, createdBy: actorName(ctx.actor) },
      priority: action === "reprioritise" ? (input.priority ?? null) : null,
      queue: action === "move" ? (input.queue ?? null) : null,
      lane: action === "move" ? (input.lane ?? null) : null,
      reason: redactMessage(input.reason) ?? null,
    };
    const total = await takeMatching(ctx.db, bulk, { matches, max: BULK_TASKS_MAX });
    if (total > BULK_TASKS_MAX)
      throw new ConflictError(
        "bulk-too-large",
        `more than ${BULK_TASKS_MAX} tasks match: narrow the filter, by a state or a lane`,
        { max: BULK_TASKS_MAX },
      );
    const { createdBy: _createdBy, id: _id, tenantId: _tenantId, ...details } = bulk;
    await audit(ctx, {
      action: "queue.bulk",
      targetKind: "bulk",
      targetId: id,
      tenantId,
      details: { ...details, filter: shown(filter), total },
    });
    ctx.wake("queue");
    return getBulk(ctx, { bulkId: id });
  });
}

function conditionsOf(filter: BulkFilter): SQL | undefined {
  return and(
    filter.taskIds === undefined ? undefined : sql`${queueTasks.id} = any(${textArray(filter.taskIds)})`,
    filter.queue === undefined ? undefined : eq(queueTasks.queue, filter.queue),
    filter.lane === undefined ? undefined : eq(queueTasks.lane, filter.lane),
    filter.state === undefined ? undefined : eq(queueTasks.state, filter.state),
    isWithin(queueTasks.createdAt, filter),
    filter.backendProfile === undefined ? undefined : eq(queueTasks.backendProfile, filter.backendProfile),
    matchesSearch(filter.search),
  );
}

/** The tasks themselves each have an audit row of their own. */
function shown({ taskIds, ...filter }: BulkFilter) {
  return taskIds === undefined ? filter : { ...filter, taskIds: taskIds.length };
}
