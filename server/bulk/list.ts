import { and, asc, desc, eq, gt, isNotNull, isNull, type SQL, sql } from "drizzle-orm";
import type { BulkAction, BulkKind, BulkResult, ListBulkInput, ListBulkResultsInput } from "@/contract/bulk";
import type { Page } from "@/contract/page";
import { bulkActions, bulkResults } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { InvalidCursorError } from "@/server/errors";
import { decodeCursor, decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { getBulk, ownBulks, toBulk } from "./get";
import { KINDS } from "./kinds";

/** Lists bulk actions, the newest first. */
export async function listBulk(ctx: ServiceContext, { kind, cursor, limit }: ListBulkInput): Promise<Page<BulkAction>> {
  const filter = { list: "bulk.list", kind, boundTenant: tenantOf(ctx) };
  const rows = await ctx.db
    .select({ bulk: bulkActions, createdAt: sql<string>`${bulkActions.createdAt}::text` })
    .from(bulkActions)
    .where(and(ownBulks(ctx), kind === undefined ? undefined : eq(bulkActions.kind, kind), after(filter, cursor)))
    .orderBy(desc(bulkActions.createdAt), asc(bulkActions.id))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.createdAt, last.bulk.id]));
  return { items: page.rows.map(({ bulk }) => toBulk(bulk)), cursor: page.cursor };
}

function after(filter: object, cursor: string | undefined): SQL | undefined {
  if (cursor === undefined) return undefined;
  const [createdAt, id] = decodePlace(filter, cursor, 2);
  const column = bulkActions.createdAt;
  // The index is read by the first condition.
  return sql`${column} <= ${createdAt}::timestamptz
    and (${column} < ${createdAt}::timestamptz or ${bulkActions.id} > ${id})`;
}

/** Lists the outcomes of a bulk action's targets so far, in the order in which they are handled. */
export async function listBulkResults(ctx: ServiceContext, input: ListBulkResultsInput): Promise<Page<BulkResult>> {
  const { bulkId, outcome, cursor, limit } = input;
  const { kind } = await getBulk(ctx, { bulkId });
  const filter = { list: "bulk.results", bulkId, outcome };
  const [position = null] = cursor === undefined ? [] : decodeCursor(filter, cursor, 1);
  if (position !== null && typeof position !== "number") throw new InvalidCursorError("the cursor is damaged");
  const rows = await ctx.db
    .select()
    .from(bulkResults)
    .where(
      and(
        eq(bulkResults.bulkId, bulkId),
        hasOutcome(outcome),
        // A made-up cursor may exceed the column's range.
        position === null ? undefined : gt(sql`${bulkResults.place}::bigint`, position),
      ),
    )
    .orderBy(asc(bulkResults.place))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.place]));
  const titles = await titlesOf(
    ctx,
    kind,
    page.rows.map(({ targetId }) => targetId),
  );
  const items = page.rows.map(({ targetId, outcome, message, madeId }) => {
    return { targetId, title: titles.get(targetId) ?? null, outcome, message, madeId };
  });
  return { items, cursor: page.cursor };
}

function hasOutcome(outcome: ListBulkResultsInput["outcome"]): SQL | undefined {
  if (outcome === undefined) return isNotNull(bulkResults.outcome);
  return outcome === "waiting" ? isNull(bulkResults.outcome) : eq(bulkResults.outcome, outcome);
}

const TITLE_LENGTH = 200;

/** Returns the current titles of those targets that exist and belong to the caller. */
async function titlesOf(ctx: ServiceContext, kind: BulkKind, ids: string[]): Promise<Map<string, string | null>> {
  if (ids.length === 0) return new Map();
  const { from, matches, id, title } = KINDS[kind].source(ctx, { ids });
  const { rows } = await ctx.db.execute<{ id: string; title: string | null }>(sql`
    select ${id} as id, left(${title}, ${TITLE_LENGTH}) as title from ${from} where ${matches ?? sql`true`}`);
  return new Map(rows.map((row) => [row.id, row.title]));
}
