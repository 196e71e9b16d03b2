/**
 * The query language of the lists: `state:running profile:codex age>2h title~"flaky" -pinned:yes words`. Converts text
 * to parts (`parse.ts`) and back, without knowing any particular list. Any text parses, and printed text parses to the
 * same parts.
 */
export const OPERATORS = [":", "~", "<", ">"] as const;
export type Operator = (typeof OPERATORS)[number];

/**
 * A condition, or free text where the key is null. For a key that takes a name, `of` is the name after its dot:
 * `metadata.ticket:7`.
 */
export type Condition = { isNot: boolean; key: string | null; of?: string; operator: Operator; value: string };
/** A condition and its place in the text. The value, as written, starts at `valueAt`. */
export type Part = Condition & { start: number; valueAt: number; end: number };

/** Longer text is cut: nobody means it, and a query has to fit into an address. */
export const QUERY_MAX = 1_000;

/** Prints conditions in their one canonical form. */
export function printQuery(conditions: readonly Condition[]): string {
  return conditions.map(printCondition).join(" ");
}

export function printCondition({ isNot, key, of, operator, value }: Condition): string {
  const keyed = `${printKey(key ?? "", of)}${operator}`;
  return `${isNot ? "-" : ""}${key === null ? printWord(value) : `${keyed}${printValue(value)}`}`;
}

/** Prints a key with the name after its dot, where it has one. */
export function printKey(key: string, of: string | undefined): string {
  return of === undefined ? key : `${key}.${printName(of)}`;
}

/** Prints a name after a dot, in quotes where it would otherwise end too soon. */
export function printName(name: string): string {
  return /[\s":~<>]/.test(name) ? quote(name) : name;
}

/** Prints a value, in quotes where it would otherwise be read differently. */
export function printValue(value: string): string {
  return /^[^\s"=][^\s]*$/.test(value) ? value : quote(value);
}

const QUOTED = '"((?:[^"\\\\]|\\\\[\\s\\S])*)"';
/** Quoted text that may also end with the whole text, before it is closed. */
export const QUOTED_TO_END = '"((?:[^"\\\\]|\\\\[\\s\\S]|\\\\$)*)(?:"|$)';
/** What may follow the dot of a key that takes a name. */
const NAME = `(?:${QUOTED}|([^\\s":~<>]*))`;
/** In every list only these keys take a name: any other word with a dot is a word, such as a file's name. */
const NAMED = `(meta|metadata)\\.${NAME}`;
export const KEY = `(?:${NAMED}|([a-z][a-z-]*))(?:([:~])|([<>])=?)`;
/** One name with its value, and the space that separates it from the next. */
export const PAIRS = new RegExp(`${NAME}:(?:${QUOTED}|(\\S+))\\s*`, "gy");

// A word that follows may close the quote that a name begins with.
const READ_AS_MORE = new RegExp(`^(?:-|(?:meta|metadata)\\."|${KEY})`, "i");

function printWord(word: string): string {
  return READ_AS_MORE.test(word) ? quote(word) : printValue(word);
}

export function unquote(quoted: string): string {
  return quoted.replace(/\\([\s\S])/g, "$1");
}

function quote(value: string): string {
  return `"${value.replace(/["\\]/g, "\\$&")}"`;
}
