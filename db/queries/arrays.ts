import { type SQL, sql } from "drizzle-orm";

/** A text[] parameter: as one value, where a list of parameters would be a statement of its own for each length. */
export function textArray(values: string[]): SQL {
  return sql`${sql.param(values)}::text[]`;
}

// How many values an array has, PostgreSQL sees when it plans a statement for them. One that costs less with few is then
// planned anew at each call, which takes longer than to run it. In a subquery it sees ten, whatever they are, and the
// plan that it made for any values is as good as one for these.

/** An array to unnest, of a length that does not matter to the plan. */
export function hiddenArray(values: SQL): SQL {
  return sql`(select ${values})`;
}

/** The same for parameters of a text: those from `$first` on, of the types of their values. */
export function hiddenArrays(first: number, types: string[]): string {
  return types.map((type, place) => `(select $${first + place}::${type}[])`).join(", ");
}
