import { and, desc, eq, getTableColumns, inArray, or, type SQL, sql } from "drizzle-orm";
import type { AuditRow, ListAuditInput } from "@/contract/audit";
import type { Page } from "@/contract/page";
import { AUDIT_TARGETS, ID_PREFIX } from "@/contract/words";
import { isWithin } from "@/db/queries/sql/is-within";
import { audit, queueTasks } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { type Counted, countedFrom, decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { iso, storedJson } from "@/server/stored";
import { withTitles } from "./titles";

type Filter = Omit<ListAuditInput, "cursor" | "limit">;
type Position = (string | number | null)[];

/**
 * The maximum of rows that one page looks at for conditions that its index does not answer. Such a page may be short,
 * and its cursor continues.
 */
const SCANNED_MAX = 5_000;
/** The action that adds many tasks; its row names all of them. */
const BATCH = "queue.createTasks";

/**
 * Lists audit rows, the newest first. An index answers one condition of a filter; the others are checked row by row,
 * within bounds. A page may be short or even empty: only a null cursor is the end.
 */
export async function listAudit(ctx: ServiceContext, input: ListAuditInput): Promise<Page<AuditRow>> {
  const { cursor, limit, ...conditions } = input;
  const filter = { ...conditions, list: "audit.list" };
  const after = cursor === undefined ? undefined : isBefore(decodePlace(filter, cursor, 2));
  const { indexed, unindexed } = conditionsOf(ctx, conditions, await findBatch(ctx, conditions));
  const base = and(indexed, isWithin(audit.at, conditions), after);
  const last = unindexed.length === 0 ? null : await lastScanned(ctx, base);
  const rows = await ctx.db
    .select({
      row: { ...getTableColumns(audit), details: detailsOf(conditions) },
      position: sql<string>`${audit.at}::text`,
    })
    .from(audit)
    .where(and(base, ...unindexed, last === null ? undefined : isNotBefore(last)))
    .orderBy(desc(audit.at), desc(audit.id))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (row) => encodeCursor(filter, [row.position, row.row.id]));
  return {
    items: await withTitles(
      ctx,
      page.rows.map(({ row }) => toAuditRow(row)),
    ),
    cursor: page.cursor ?? (last === null ? null : encodeCursor(filter, last)),
  };
}

/** Counts the rows of a list up to `max`. The answer says if there may be more. */
export async function countAudit(ctx: ServiceContext, input: ListAuditInput, max: number): Promise<Counted> {
  const { cursor: _cursor, limit: _limit, ...conditions } = input;
  const { indexed, unindexed } = conditionsOf(ctx, conditions, await findBatch(ctx, conditions));
  const base = and(indexed, isWithin(audit.at, conditions));
  const last = unindexed.length === 0 ? null : await lastScanned(ctx, base);
  const found = ctx.db
    .select({ id: audit.id })
    .from(audit)
    .where(and(base, ...unindexed, last === null ? undefined : isNotBefore(last)))
    .limit(max + 1)
    .as("found");
  return countedFrom(await ctx.db.$count(found), max, last !== null);
}

type Conditions = {
  /** The condition that an index answers, in the list's order or with so few rows that they are sorted. */
  indexed: SQL | undefined;
  /** Conditions that are checked row by row. */
  unindexed: SQL[];
};

/** Divides a filter's conditions: every condition except a kind has an index, and the first of those is used. */
function conditionsOf(ctx: ServiceContext, filter: Filter, batchId: string | null): Conditions {
  const bound = tenantOf(ctx);
  const { id, targetKind, targetId, actor, callerKind, action, tenantId } = filter;
  const isKind =
    targetKind === undefined ? inArray(audit.targetKind, [...AUDIT_TARGETS]) : eq(audit.targetKind, targetKind);
  const [indexed, ...unindexed] = [
    id === undefined ? undefined : eq(audit.id, id),
    targetId === undefined ? undefined : or(and(isKind, eq(audit.targetId, targetId)), isRow(batchId)),
    // Before conditions that other tenants' rows meet too, because the cursor reveals where a scan ended.
    bound === null ? undefined : eq(audit.tenantId, bound),
    actor === undefined ? undefined : eq(audit.actor, actor),
    action === undefined ? undefined : eq(audit.action, action),
    tenantId === undefined ? undefined : eq(audit.tenantId, tenantId),
  ].filter((condition) => condition !== undefined);
  const isKindAlone = targetKind !== undefined && targetId === undefined;
  const isCaller = callerKind === undefined ? [] : [sql`starts_with(${audit.actor}, ${`${callerKind}:`})`];
  return { indexed, unindexed: [...unindexed, ...isCaller, ...(isKindAlone ? [isKind] : [])] };
}

/**
 * Returns the row of a task that was added with others. Its instant is the start of its transaction, as for the task
 * itself. null: the target is anything else.
 */
async function findBatch(ctx: ServiceContext, { targetKind, targetId }: Filter): Promise<string | null> {
  if (targetId === undefined || !targetId.startsWith(ID_PREFIX.task)) return null;
  if (targetKind !== undefined && targetKind !== "task") return null;
  const [row] = await ctx.db
    .select({ id: audit.id })
    .from(queueTasks)
    .innerJoin(audit, and(eq(audit.action, BATCH), sql`${audit.at} = ${queueTasks.createdAt}`))
    .where(and(eq(queueTasks.id, targetId), sql`${audit.details} -> 'taskIds' ? ${targetId}`));
  return row?.id ?? null;
}

function isRow(id: string | null): SQL | undefined {
  return id === null ? undefined : eq(audit.id, id);
}

/** Returns where a page's scan ends, by the index of the order alone; null: the rest of the list is shorter. */
async function lastScanned(ctx: ServiceContext, base: SQL | undefined): Promise<Position | null> {
  const [row] = await ctx.db
    .select({ position: sql<string>`${audit.at}::text`, id: audit.id })
    .from(audit)
    .where(base)
    .orderBy(desc(audit.at), desc(audit.id))
    .offset(SCANNED_MAX - 1)
    .limit(1);
  return row ? [row.position, row.id] : null;
}

/** Leaves out the ids of tasks, up to a thousand, unless a single row is asked for. */
function detailsOf({ id }: Filter): SQL<Record<string, unknown>> {
  return id === undefined ? sql`${audit.details} - 'taskIds'` : sql`${audit.details}`;
}

function isBefore([at, id]: Position): SQL {
  return sql`(${audit.at}, ${audit.id}) < (${at}::timestamptz, ${id})`;
}

function isNotBefore([at, id]: Position): SQL {
  return sql`(${audit.at}, ${audit.id}) >= (${at}::timestamptz, ${id})`;
}

function toAuditRow(row: typeof audit.$inferSelect): AuditRow {
  const { id, at, actor, action, tenantId, targetKind, targetId, details } = row;
  return { id, at: iso(at), actor, action, tenantId, targetKind, targetId, details: storedJson(details) ?? {} };
}
