import { and, eq, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { textArray } from "@/db/queries/sql/arrays";
import { instantValue } from "@/db/queries/sql/instant";
import { queueTasks, runs, sessions } from "@/db/schema";
import { type ServiceContext, tenantFor } from "@/server/context";
import type { Selection } from "./kind";

type Columns = { id: PgColumn; tenantId: PgColumn; projectId: PgColumn; createdAt: PgColumn };

/** The conditions common to all selections: tenant and project, ids, and creation time. */
export function isSelected(ctx: ServiceContext, columns: Columns, selection: Selection): SQL | undefined {
  const { ids, asOf, projectId } = selection;
  const tenantId = tenantFor(ctx, selection.tenantId);
  return and(
    tenantId === null ? undefined : eq(columns.tenantId, tenantId),
    projectId === undefined ? undefined : eq(columns.projectId, projectId),
    ids === undefined ? undefined : sql`${columns.id} = any(${textArray(ids)})`,
    // Instants of the API have milliseconds.
    asOf === undefined ? undefined : sql`date_trunc('milliseconds', ${columns.createdAt}) <= ${instantValue(asOf)}`,
  );
}

/** The reason for skipping a target that has ended. */
export const ENDED = "it has ended";

/** The title of a run: its task's, else its session's. */
export const RUN_TITLE = sql`coalesce(
  (select ${queueTasks.title} from ${queueTasks} where ${queueTasks.id} = ${runs.taskId}),
  (select ${sessions.title} from ${sessions} where ${sessions.sessionId} = ${runs.sessionId}))`;

/** Returns the first reason whose condition holds for a row, else null. */
export function firstReason(cases: [condition: SQL, reason: string][]): SQL {
  if (cases.length === 0) return sql`null::text`;
  const whens = cases.map(([condition, reason]) => sql`when ${condition} then ${reason}::text`);
  return sql`case ${sql.join(whens, sql` `)} end`;
}
