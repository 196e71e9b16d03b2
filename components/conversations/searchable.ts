/** Characters from which on conversations are searched while somebody types: each text has many of few letters. */
const SEARCH_MIN = 3;
/** The same for scripts of which two characters may be a word. */
const WIDE_SEARCH_MIN = 2;
/** What the API takes, in UTF-16 units. */
const SEARCH_MAX = 200;

/** What is searched for by what was typed: as much of it as the API takes. */
export function searchedText(typed: string): string {
  const text = typed.trim().slice(0, SEARCH_MAX);
  // Half a character is none.
  return text.replace(/[\uD800-\uDBFF]$/, "").trimEnd();
}

/** Whether a text has words that messages can be searched for. */
export function canSearch(text: string): boolean {
  const searched = searchedText(text);
  const min = /[^\p{ASCII}]/u.test(searched) ? WIDE_SEARCH_MIN : SEARCH_MIN;
  return [...searched].length >= min && /[\p{L}\p{N}]/u.test(searched);
}
