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
export type FirstOf<Row> = { rows: Row[]; count: number; hasMore: boolean };

/** The first rows of a listing, and how many it has, counted up to `countMax`. */
export async function readFirst<Row extends Record<string, unknown>>(
  db: Db,
  listing: Listing,
  { shownMax, countMax }: { shownMax: number; countMax: number },
): Promise<FirstOf<Row>> {
  const rows = await executeNamed<Row>(
    db,
    listing(shownMax + 1, (by) => sql`order by ${by}`),
  );
  // There are seldom many: they are counted only where they are.
  if (rows.length <= shownMax) return { rows, count: rows.length, hasMore: false };
  const [found] = await executeNamed<{ count: number }>(
    db,
    sql`select count(*)::int as count from (${listing(countMax + 1, () => sql``)}) found`,
  );
  const count = found?.count ?? 0;
  return { rows: rows.slice(0, shownMax), count: Math.min(count, countMax), hasMore: count > countMax };
}
