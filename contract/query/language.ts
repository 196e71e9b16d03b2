/**
 * The language that lists are narrowed by: `state:running profile:codex age>2h title~"flaky" -pinned:yes words`. Pure
 * text in (`parse.ts`) and out, of no list in particular: any text parses, and what is printed parses to the same parts.
 */
export const OPERATORS = [":", "~", "<", ">"] as const;
export type Operator = (typeof OPERATORS)[number];

/**
 * A condition, or free text where the key is null. Of a key that takes one, `of` is the name that stands behind its dot:
 * `metadata.ticket:7`.
 */
export type Condition = { isNot: boolean; key: string | null; of?: string; operator: Operator; value: string };
/** A condition and where it stands in the text; the value from `valueAt` on, as it was written. */
export type Part = Condition & { start: number; valueAt: number; end: number };

/** Text that is longer is cut: nobody means it, and it has to fit an address. */
export const QUERY_MAX = 1_000;

/** Conditions as text, in the one way that they are written. */
export function printQuery(conditions: readonly Condition[]): string {
  return conditions.map(printCondition).join(" ");
}

export function printCondition({ isNot, key, of, operator, value }: Condition): string {
  const keyed = `${printKey(key ?? "", of)}${operator}`;
  return `${isNot ? "-" : ""}${key === null ? printWord(value) : `${keyed}${printValue(value)}`}`;
}

/** A key with the name behind its dot, where it has one. */
export function printKey(key: string, of: string | undefined): string {
  return of === undefined ? key : `${key}.${printName(of)}`;
}

/** A name behind a dot as it is written: in quotes where it would end too soon. */
export function printName(name: string): string {
  return /[\s":~<>]/.test(name) ? quote(name) : name;
}

/** A value as it is written: in quotes where it would not be read as it is. */
export function printValue(value: string): string {
  return /^[^\s"=][^\s]*$/.test(value) ? value : quote(value);
}

const QUOTED = '"((?:[^"\\\\]|\\\\[\\s\\S])*)"';
/** The same, also where a text ends before it is closed. */
export const QUOTED_TO_END = '"((?:[^"\\\\]|\\\\[\\s\\S]|\\\\$)*)(?:"|$)';
/** What may stand behind the dot of a key that takes a name. */
const NAME = `(?:${QUOTED}|([^\\s":~<>]*))`;
/** Whatever list it is, these alone take one: any other word with a dot is a word, such as a file's name. */
const NAMED = `(meta|metadata)\\.${NAME}`;
export const KEY = `(?:${NAMED}|([a-z][a-z-]*))(?:([:~])|([<>])=?)`;
/** One name and its value, and whatever tells it apart from the next. */
export const PAIRS = new RegExp(`${NAME}:(?:${QUOTED}|(\\S+))\\s*`, "gy");

// A quote that a name begins with may be closed by a word that follows.
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
