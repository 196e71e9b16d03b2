import { canSearch, searchedText } from "./searchable";

/** What a search of conversations has given; undefined: nothing yet. */
type Page<Hit> = { items: readonly Hit[]; cursor: string | null } | undefined;

/**
 * What the palette shows of the messages found: the way to all of them stays while there may be more, since a page may be
 * empty and not the last. Null: nothing.
 */
export function foundOf<Hit>(typed: string, page: Page<Hit>): { hits: readonly Hit[]; allOf: string } | null {
  if (!canSearch(typed) || page === undefined) return null;
  if (page.items.length === 0 && page.cursor === null) return null;
  // What is typed now, also where the search of it has not come back.
  return { hits: page.items, allOf: searchedText(typed) };
}

/** Whether messages with what is typed are still looked for; `answered` is the text of the last search that is over. */
export function isStillSought(typed: string, answered: string | null): boolean {
  return canSearch(typed) && searchedText(typed) !== answered;
}
