import { z } from "zod";

/** Where the next page starts; opaque, and bound to the filter that it was made for. */
export const Cursor = z.string().min(1).max(2_048);

/** Page size: 50 unless told, clamped to the list's own maximum; below 1 is refused. */
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
/** Each may carry a whole diff. */
export const CHANGES_LIMIT_MAX = 100;
