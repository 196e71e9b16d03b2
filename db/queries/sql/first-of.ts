import { type SQL, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { shaped } from "./named";

/**
 * Adds an `order by` where rows are read, and nothing where they are only counted. Used by a listing of several places:
 * sorting across them would have every place read. The order within a place comes from an index and stays.
 */
export type InOrder = (by: SQL) => SQL;
/** A statement that selects rows, up to `max`. */
export type Listing = (max: number, inOrder: InOrder) => SQL;
export type FirstOf<Kind, Row> = { kind: Kind; rows: Row[]; count: number; hasMore: boolean };
export type FirstLimits = { shownMax: number; countMax: number };

type Read<Kind, Row> = { kind: Kind; rows: Row[] | null; counted: number | null };

/**
 * Returns the first rows of each listing as JSON, and their number, counted up to `countMax`. One statement serves all
 * listings and is built once for each shape: most listings find nothing, in less time than it takes to send a statement
 * of their own. They share one statement's time limit.
 */
export function createFirstsReader<Shape extends FirstLimits, Kind extends string, Row>(
  listingsOf: (shape: Shape) => readonly (readonly [Kind, Listing])[],
): (db: Db, shape: Shape, values: Record<string, unknown>) => Promise<FirstOf<Kind, Row>[]> {
  const readAll = shaped<Shape, Read<Kind, Row>>((shape) =>
    sql.join(
      listingsOf(shape).map(([kind, listing]) => selectFirst(kind, listing, shape)),
      sql` union all `,
    ),
  );
  return async (db, shape, values) => {
    const read = await readAll(db, shape, values);
    return read.map(({ kind, rows, counted }) => {
      const count = counted ?? rows?.length ?? 0;
      return {
        kind,
        rows: (rows ?? []).slice(0, shape.shownMax),
        count: Math.min(count, shape.countMax),
        hasMore: count > shape.countMax,
      };
    });
  };
}

/** Rows are counted only where more were found than are shown, which is rare. */
function selectFirst(kind: string, listing: Listing, { shownMax, countMax }: FirstLimits): SQL {
  const counted = sql`select count(*)::int from (${listing(countMax + 1, () => sql``)}) found`;
  return sql`
    select ${kind}::text as kind, json_agg(first.*) as rows,
      case when count(*) > ${sql.raw(String(shownMax))} then (${counted}) end as counted
    from (${listing(shownMax + 1, (by) => sql`order by ${by}`)}) first`;
}
