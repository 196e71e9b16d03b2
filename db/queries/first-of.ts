import { type SQL, sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import { executeNamed } from "./named";

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
 * statement for all: most find nothing, and learn it in less time than a statement of their own takes to be sent. They
 * share the time that a statement has.
 */
export async function readFirsts<Kind extends string, Row>(
  db: Db,
  listings: readonly (readonly [Kind, Listing])[],
  limits: FirstLimits,
): Promise<FirstOf<Kind, Row>[]> {
  if (listings.length === 0) return [];
  const parts = listings.map(([kind, listing]) => firstOf(kind, listing, limits));
  const read = await executeNamed<Read<Kind, Row>>(db, sql.join(parts, sql` union all `));
  return read.map(({ kind, rows, counted }) => {
    const count = counted ?? rows?.length ?? 0;
    return {
      kind,
      rows: (rows ?? []).slice(0, limits.shownMax),
      count: Math.min(count, limits.countMax),
      hasMore: count > limits.countMax,
    };
  });
}

/** There are seldom many: they are counted only where more are found than are shown. */
function firstOf(kind: string, listing: Listing, { shownMax, countMax }: FirstLimits): SQL {
  const counted = sql`select count(*)::int from (${listing(countMax + 1, () => sql``)}) found`;
  return sql`
    select ${kind}::text as kind, json_agg(first.*) as rows,
      case when count(*) > ${sql.raw(String(shownMax))} then (${counted}) end as counted
    from (${listing(shownMax + 1, (by) => sql`order by ${by}`)}) first`;
}
