import { and, type SQL, sql } from "drizzle-orm";
import { MARKED_MAX, type MarkTasksReadInput, type TaskReadMarks } from "@/contract/queue";
import { matchesTasks } from "@/db/queries/queue/list";
import { textArray } from "@/db/queries/sql/arrays";
import { queueTasks } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { iso } from "@/server/stored";
import { inScope } from "./scope";

type Mark = { taskId: string; taskVersion: string; readAt: string };

/**
 * Notes in one statement how far a reader has read many tasks. Tasks that do not exist or belong to another tenant are
 * left out. A mark never exceeds a task's version, and an older mark never replaces a newer one.
 */
export async function markTasksRead(ctx: ServiceContext, input: MarkTasksReadInput): Promise<TaskReadMarks> {
  const { readerId } = input;
  const read =
    input.filter === undefined ? selectGiven(ctx, input.tasks ?? []) : selectMatching(ctx, readerId, input.filter);
  // In one order, so that two such statements cannot wait for each other.
  const { rows } = await ctx.db.execute<Mark>(sql`
    insert into agentrun_queue_read_cursors as mark (task_id, reader_id, task_version, read_at)
    select id, ${readerId}, version, clock_timestamp() from (${read}) read order by id
    on conflict (task_id, reader_id) do update
      set task_version = greatest(mark.task_version, excluded.task_version), read_at = excluded.read_at
    returning task_id as "taskId", task_version as "taskVersion", read_at as "readAt"`);
  const items = rows.map(({ taskId, taskVersion, readAt }) => {
    return { taskId, readerId, taskVersion: Number(taskVersion), readAt: iso(new Date(readAt)) };
  });
  return { items, hasMore: input.filter !== undefined && items.length === MARKED_MAX };
}

function selectGiven(ctx: ServiceContext, tasks: NonNullable<MarkTasksReadInput["tasks"]>): SQL {
  const ids = textArray(tasks.map(({ taskId }) => taskId));
  const versions = sql`${sql.param(tasks.map(({ version }) => version ?? null))}::bigint[]`;
  return sql`
    select ${queueTasks.id} as id, max(least(coalesce(given.version, ${queueTasks.version}), ${queueTasks.version})) as version
    from unnest(${ids}, ${versions}) as given (id, version) join ${queueTasks} on ${queueTasks.id} = given.id
    where ${inScope(ctx, {}) ?? sql`true`} group by ${queueTasks.id}`;
}

/** Selects only tasks that the reader has not read, so that the next call continues where this one ended. */
function selectMatching(ctx: ServiceContext, readerId: string, filter: NonNullable<MarkTasksReadInput["filter"]>): SQL {
  const isUnread = filter.unread === false ? sql`false` : undefined;
  const matches = and(inScope(ctx, {}), matchesTasks({ ...filter, readerId, unread: true, tenantIds: [] }), isUnread);
  return sql`
    select ${queueTasks.id} as id, ${queueTasks.version} as version from ${queueTasks}
    where ${matches ?? sql`true`} limit ${MARKED_MAX}`;
}
