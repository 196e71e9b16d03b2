import { and, asc, eq, sql } from "drizzle-orm";
import type { ViewPage } from "@/contract/words";
import { type SavedViewRow, savedViews } from "@/db/schema";
import type { ServiceContext } from "@/server/context";
import { decodePlace, encodeCursor } from "@/server/pagination";
import { isVisible } from "./view";

type PageInput = { page?: ViewPage; cursor?: string };
type Listed = { view: SavedViewRow; position: string };

/** Reads the views that a caller sees, the oldest first, and makes the cursor for whichever of them ends the page. */
export async function readViewPage(
  ctx: ServiceContext,
  asked: PageInput,
  { list, max }: { list: string; max: number },
) {
  const { cursor, ...rest } = asked;
  const filter = { ...rest, list };
  const place = cursor === undefined ? null : decodePlace(filter, cursor, 2);
  const rows: Listed[] = await ctx.db
    .select({ view: savedViews, position: sql<string>`${savedViews.createdAt}::text` })
    .from(savedViews)
    .where(
      and(
        isVisible(ctx),
        asked.page === undefined ? undefined : eq(savedViews.page, asked.page),
        place === null
          ? undefined
          : sql`(${savedViews.createdAt}, ${savedViews.id}) > (${place[0]}::timestamptz, ${place[1]})`,
      ),
    )
    .orderBy(asc(savedViews.createdAt), asc(savedViews.id))
    .limit(max);
  return { rows, cursorOf: ({ view, position }: Listed) => encodeCursor(filter, [position, view.id]) };
}
