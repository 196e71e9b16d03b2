import { type SQL, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { shaped } from "./named";

/**
 * An `order by` where rows are read, and nothing where they are only counted: a listing of several places uses it, whose
 * order would have every place be looked at. The order within a place, which an index has, stays.
 */
export type InOrder = (by: SQL) => SQL;
/** A statement of some rows, or of as many as are counted. */
export type Listing = (max: number, inOrder: InOrder) => SQL;
export type FirstOf<Kind, Row> = { kind: Kind; rows: Row[]; count: number; hasMore: boolean };
export type FirstLimits = { shownMax: number; countMax: number };

type Read<Kind, Row> = { kind: Kind; rows: Row[] | null; counted: number | null };

/**
 * The first rows of each of some listings, as JSON has them, and how many each has, counted up to `countMax`. One
 * statement for all, built once for each shape: most find nothing, and learn it in less time than a statement of their
 * own takes to be sent. They share the time that a statement has.
 */
export function firstsOf<Shape extends FirstLimits, Kind extends string, Row>(
  listingsOf: (shape: Shape) => readonly (readonly [Kind, Listing])[],
): (db: Db, shape: Shape, values: Record<string, unknown>) => Promise<FirstOf<Kind, Row>[]> {
  const readAll = shaped<Shape, Read<Kind, Row>>((shape) =>
    sql.join(
      listingsOf(shape).map(([kind, listing]) => firstOf(kind, listing, shape)),
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

/** There are seldom many: they are counted only where more are found than are shown. */
function firstOf(kind: string, listing: Listing, { shownMax, countMax }: FirstLimits): SQL {
  const counted = sql`select count(*)::int from (${listing(countMax + 1, () => sql``)}) found`;
  return sql`
    select ${kind}::text as kind, json_agg(first.*) as rows,
      case when count(*) > ${sql.raw(String(shownMax))} then (${counted}) end as counted
    from (${listing(shownMax + 1, (by) => sql`order by ${by}`)}) first`;
}
