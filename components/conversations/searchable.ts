/** Characters from which on conversations are searched while somebody types. */
const SEARCH_MIN = 3;

/** Whether a text has words that messages can be searched for. */
export function canSearch(text: string): boolean {
  return text.trim().length >= SEARCH_MIN && /[\p{L}\p{N}]/u.test(text);
}
