import { and, asc, desc, eq, gt, isNotNull, type SQL, sql } from "drizzle-orm";
import type { z } from "zod";
import type { BulkAction, BulkResult, ListBulkInput, ListBulkResultsInput } from "@/contract/bulk";
import type { Page } from "@/contract/page";
import { bulkActions, bulkResults } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { InvalidCursorError } from "@/server/errors";
import { decodeCursor, decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { getBulk, ownBulks, toBulk } from "./get";

/** Bulk actions, the newest first. */
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
  // The first half is what the index is read by.
  return sql`${column} <= ${createdAt}::timestamptz
    and (${column} < ${createdAt}::timestamptz or ${bulkActions.id} > ${id})`;
}

/** What became of a bulk action's items so far, in the order in which they are dealt with. */
export async function listBulkResults(
  ctx: ServiceContext,
  input: z.infer<typeof ListBulkResultsInput>,
): Promise<Page<BulkResult>> {
  const { bulkId, outcome, cursor, limit } = input;
  await getBulk(ctx, { bulkId });
  const filter = { list: "bulk.results", bulkId, outcome };
  const [place = null] = cursor === undefined ? [] : decodeCursor(filter, cursor, 1);
  if (place !== null && typeof place !== "number") throw new InvalidCursorError("the cursor is damaged");
  const rows = await ctx.db
    .select()
    .from(bulkResults)
    .where(
      and(
        eq(bulkResults.bulkId, bulkId),
        outcome === undefined ? isNotNull(bulkResults.outcome) : eq(bulkResults.outcome, outcome),
        // A cursor that somebody made up may hold more than the column does.
        place === null ? undefined : gt(sql`${bulkResults.place}::bigint`, place),
      ),
    )
    .orderBy(asc(bulkResults.place))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.place]));
  const items = page.rows.flatMap(({ targetId, outcome, message, madeId }) =>
    outcome === null ? [] : [{ targetId, outcome, message, madeId }],
  );
  return { items, cursor: page.cursor };
}
