import { and, or, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import { type MetadataFilter, matchingValues } from "@/contract/query/metadata";

/** Whether a column of metadata has all pairs of a filter. No index serves this condition. */
export function hasMetadata(column: PgColumn, pairs: MetadataFilter | undefined): SQL | undefined {
  return and(
    ...Object.entries(pairs ?? {}).map(([name, value]) =>
      or(...matchingValues(value).map((meant) => sql`${column} @> ${JSON.stringify({ [name]: meant })}::jsonb`)),
    ),
  );
}
