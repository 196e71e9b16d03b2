import { and, sql } from "drizzle-orm";
import { BulkTaskFilter, type BulkVerb } from "@/contract/bulk";
import { isActiveTask } from "@/contract/words";
import { HELD } from "@/db/queries/queue/held-until";
import { matchesTasks } from "@/db/queries/queue/list";
import { type QueueTaskRow, queueTasks } from "@/db/schema";
import type { TxContext } from "@/server/context";
import { cancelTask, lockTask, retryTask, updateTask } from "@/server/queue";
import { assertReader } from "@/server/readers-filter";
import { DONE, type Item, type ItemOutcome, type Kind, UNCHANGED } from "./kind";
import { ENDED, firstReason, isSelected } from "./selected";

const state = queueTasks.state;
const HAS_ENDED = sql`${state} in ('completed', 'failed', 'cancelled')`;

export const TASKS: Kind = {
  source(ctx, selection) {
    const filter = selection.filter === undefined ? {} : BulkTaskFilter.parse(selection.filter);
    assertReader({ unread: filter.unread, readerId: filter.readerId }, "filter.readerId");
    const matches = and(isSelected(ctx, queueTasks, selection), matchesTasks({ ...filter, tenantIds: [] }));
    return {
      from: sql`${queueTasks}`,
      matches,
      id: sql`${queueTasks.id}`,
      title: sql`${queueTasks.title}`,
      order: [
        { key: sql`${queueTasks.priority}`, isDescending: true },
        { key: sql`${queueTasks.createdAt}`, isDescending: false },
        { key: sql`${queueTasks.id}`, isDescending: false },
      ],
    };
  },
  skip(_ctx, { action, params }) {
    switch (action) {
      case "cancel":
        return firstReason([
          [HAS_ENDED, ENDED],
          [sql`${queueTasks.cancelRequestedAt} is not null`, "it is being cancelled"],
        ]);
      case "retry":
        return firstReason([
          [sql`${state} in ('dispatched', 'running')`, "it runs"],
          [sql`${state} = 'pending' and ${queueTasks.notBefore} is null`, "it waits already"],
          [sql`${state} = 'pending' and ${queueTasks.notBefore} = ${HELD}`, "it waits for other tasks"],
        ]);
      case "reprioritise":
        return firstReason([
          [HAS_ENDED, ENDED],
          [sql`${queueTasks.priority} = ${params.priority ?? 0}::int`, "it has that priority"],
        ]);
      default:
        return firstReason([[sql`${state} <> 'pending'`, "it does not wait"]]);
    }
  },
  async act(ctx, item) {
    const task = await lockTask(ctx, item.targetId);
    return isAlreadyDone(task, item) ? UNCHANGED : change(ctx, task, item);
  },
};

async function change(ctx: TxContext, task: QueueTaskRow, { action, params, reason }: Item): Promise<ItemOutcome> {
  const { priority, queue, lane } = params;
  const taskId = task.id;
  switch (action) {
    case "cancel":
      await cancelTask(ctx, { taskId, ...(reason === null ? {} : { reason }) });
      break;
    case "retry":
      await retryTask(ctx, { taskId });
      break;
    case "reprioritise":
      await updateTask(ctx, { taskId, priority });
      break;
    default:
      await updateTask(ctx, { taskId, queue, lane });
  }
  return DONE;
}

/** Whether a task already is in the state that the action would bring about. */
function isAlreadyDone(task: QueueTaskRow, { action, params }: { action: BulkVerb; params: Item["params"] }): boolean {
  switch (action) {
    case "cancel":
      return task.state === "cancelled" || (isActiveTask(task.state) && task.cancelRequestedAt !== null);
    case "retry":
      return task.state === "pending" && task.notBefore === null;
    case "reprioritise":
      return task.priority === params.priority;
    default:
      return (params.queue ?? task.queue) === task.queue && (params.lane ?? task.lane) === task.lane;
  }
}
