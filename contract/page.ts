import { z } from "zod";

/** The start of the next page. Opaque, and valid only with the filter it was made for. */
export const Cursor = z.string().min(1).max(2_048);

/** Page size: 50 by default, capped at the list's own maximum; values below 1 are refused. */
export function pageLimit(max: number) {
  return z
    .int()
    .min(1)
    .default(Math.min(50, max))
    .transform((limit) => Math.min(limit, max));
}

export type Page<Item> = {
  items: Item[];
  /** null at the end. */
  cursor: string | null;
};

export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), cursor: z.string().nullable() });

export const LIST_LIMIT_MAX = 200;
export const COMMANDS_LIMIT_MAX = 100;
export const EVENTS_LIMIT_MAX = 500;
export const EVENTS_SEARCH_LIMIT_MAX = 100;
/** Each entry may carry a whole diff. */
export const CHANGES_LIMIT_MAX = 100;
