import { and, eq, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { textArray } from "@/db/queries/queue-dispatch";
import { type ServiceContext, tenantFor } from "@/server/context";
import type { Selection } from "./kind";

type Columns = { id: PgColumn; tenantId: PgColumn; projectId: PgColumn; createdAt: PgColumn };

/** What every selection says alike: whose, which ids, and up to when. */
export function isSelected(ctx: ServiceContext, columns: Columns, selection: Selection): SQL | undefined {
  const { ids, asOf, projectId } = selection;
  const tenantId = tenantFor(ctx, selection.tenantId);
  return and(
    tenantId === null ? undefined : eq(columns.tenantId, tenantId),
    projectId === undefined ? undefined : eq(columns.projectId, projectId),
    ids === undefined ? undefined : sql`${columns.id} = any(${textArray(ids)})`,
    // An instant of the API has milliseconds.
    asOf === undefined ? undefined : sql`date_trunc('milliseconds', ${columns.createdAt}) <= ${asOf}::timestamptz`,
  );
}

/** The first reason whose condition holds of a row, else null. */
export function firstReason(cases: [condition: SQL, reason: string][]): SQL {
  if (cases.length === 0) return sql`null::text`;
  const whens = cases.map(([condition, reason]) => sql`when ${condition} then ${reason}::text`);
  return sql`case ${sql.join(whens, sql` `)} end`;
}
