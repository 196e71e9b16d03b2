import { ilike, or, type SQL } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";

/**
 * Matches rows in which one of the columns contains a text, ignoring case; nothing in the text is treated as a pattern.
 */
export function contains(text: string, ...columns: PgColumn[]): SQL | undefined {
  const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  return or(...columns.map((column) => ilike(column, pattern)));
}
