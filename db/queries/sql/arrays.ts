import { type SQL, sql } from "drizzle-orm";

/**
 * Makes a text[] parameter. As a single value it keeps the statement's text the same, where a list of parameters would
 * need another text for each length.
 */
export function textArray(values: string[]): SQL {
  return sql`${sql.param(values)}::text[]`;
}

// PostgreSQL sees an array's length when it plans a statement for its values. Where a short array makes the plan
// cheaper, it plans anew at each call, which takes longer than running the statement. In a subquery PostgreSQL assumes
// ten values, whatever there are, so the generic plan is as good as a custom one.

/** Makes an array to unnest whose length does not influence the plan. */
export function hiddenArray(values: SQL): SQL {
  return sql`(select ${values})`;
}

/** Does the same for numbered parameters in a statement's text: those from `$first` on, cast to the given types. */
export function hiddenArrays(first: number, types: string[]): string {
  return types.map((type, place) => `(select $${first + place}::${type}[])`).join(", ");
}
