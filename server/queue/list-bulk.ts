import { and, asc, desc, eq, gt, isNotNull, type SQL, sql } from "drizzle-orm";
import type { z } from "zod";
import type { Page } from "@/contract/page";
import type { BulkAction, BulkResult, ListBulkInput, ListBulkResultsInput } from "@/contract/queue-bulk";
import { queueBulkActions, queueBulkResults } from "@/db/schema";
import { type ServiceContext, tenantOf } from "@/server/context";
import { InvalidCursorError } from "@/server/errors";
import { decodeCursor, decodePlace, encodeCursor, pageFrom } from "@/server/pagination";
import { getBulk, toBulk } from "./bulk";

/** Bulk actions, the newest first. */
export async function listBulk(ctx: ServiceContext, { cursor, limit }: ListBulkInput): Promise<Page<BulkAction>> {
  const bound = tenantOf(ctx);
  const filter = { list: "queue.listBulk", boundTenant: bound };
  const rows = await ctx.db
    .select({ bulk: queueBulkActions, createdAt: sql<string>`${queueBulkActions.createdAt}::text` })
    .from(queueBulkActions)
    .where(and(bound === null ? undefined : eq(queueBulkActions.tenantId, bound), after(filter, cursor)))
    .orderBy(desc(queueBulkActions.createdAt), asc(queueBulkActions.id))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.createdAt, last.bulk.id]));
  return { items: page.rows.map(({ bulk }) => toBulk(bulk)), cursor: page.cursor };
}

function after(filter: object, cursor: string | undefined): SQL | undefined {
  if (cursor === undefined) return undefined;
  const [createdAt, id] = decodePlace(filter, cursor, 2);
  const column = queueBulkActions.createdAt;
  // The first half is what the index is read by.
  return sql`${column} <= ${createdAt}::timestamptz
    and (${column} < ${createdAt}::timestamptz or ${queueBulkActions.id} > ${id})`;
}

/** What became of a bulk action's tasks so far, in the order in which they are dealt with. */
export async function listBulkResults(
  ctx: ServiceContext,
  input: z.infer<typeof ListBulkResultsInput>,
): Promise<Page<BulkResult>> {
  const { bulkId, outcome, cursor, limit } = input;
  await getBulk(ctx, { bulkId });
  const filter = { list: "queue.listBulkResults", bulkId, outcome };
  const [place = null] = cursor === undefined ? [] : decodeCursor(filter, cursor, 1);
  if (place !== null && typeof place !== "number") throw new InvalidCursorError("the cursor is damaged");
  const rows = await ctx.db
    .select()
    .from(queueBulkResults)
    .where(
      and(
        eq(queueBulkResults.bulkId, bulkId),
        outcome === undefined ? isNotNull(queueBulkResults.outcome) : eq(queueBulkResults.outcome, outcome),
        // A cursor that somebody made up may hold more than the column does.
        place === null ? undefined : gt(sql`${queueBulkResults.place}::bigint`, place),
      ),
    )
    .orderBy(asc(queueBulkResults.place))
    .limit(limit + 1);
  const page = pageFrom(rows, limit, (last) => encodeCursor(filter, [last.place]));
  const items = page.rows.flatMap(({ taskId, outcome, message }) =>
    outcome === null ? [] : [{ taskId, outcome, message }],
  );
  return { items, cursor: page.cursor };
}
