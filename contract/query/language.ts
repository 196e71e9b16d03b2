/**
 * The language that lists are narrowed by: `state:running profile:codex age>2h title~"flaky" -pinned:yes words`. Pure
 * text in and out, of no list in particular: any text parses, and what is printed parses to the same parts.
 */
export const OPERATORS = [":", "~", "<", ">"] as const;
export type Operator = (typeof OPERATORS)[number];

/** A condition, or free text where the key is null. */
export type Condition = { isNot: boolean; key: string | null; operator: Operator; value: string };
/** A condition and where it stands in the text; the value from `valueAt` on, as it was written. */
export type Part = Condition & { start: number; valueAt: number; end: number };

/** Text that is longer is cut: nobody means it, and it has to fit an address. */
export const QUERY_MAX = 1_000;

const SPACE = /\s+/y;
const NOT = /-(?=\S)/y;
const KEY = /([A-Za-z][A-Za-z-]*)(?:([:~])|([<>])=?)/y;
const QUOTED = /"((?:[^"\\]|\\[\s\S]|\\$)*)(?:"|$)/y;
const BARE = /\S*/y;

/** The parts of a text, in its order. */
export function parseQuery(text: string): Part[] {
  const whole = text.slice(0, QUERY_MAX);
  const parts: Part[] = [];
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(whole);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  for (take(SPACE); at < whole.length; take(SPACE)) {
    const start = at;
    const isNot = take(NOT) !== null;
    const keyed = take(KEY);
    const valueAt = at;
    const quoted = take(QUOTED);
    const value = quoted === null ? (take(BARE)?.[0] ?? "") : unquote(quoted[1] ?? "");
    const operator = (keyed?.[2] ?? keyed?.[3] ?? ":") as Operator;
    parts.push({ isNot, key: keyed?.[1] ?? null, operator, value, start, valueAt, end: at });
  }
  return parts;
}

function unquote(quoted: string): string {
  return quoted.replace(/\\([\s\S])/g, "$1");
}

/** Conditions as text, in the one way that they are written. */
export function printQuery(conditions: readonly Condition[]): string {
  return conditions.map(printCondition).join(" ");
}

export function printCondition({ isNot, key, operator, value }: Condition): string {
  return `${isNot ? "-" : ""}${key === null ? printWord(value) : `${key}${operator}${printValue(value)}`}`;
}

/** A value as it is written: in quotes where it would not be read as it is. */
export function printValue(value: string): string {
  return /^[^\s"=][^\s]*$/.test(value) ? value : quote(value);
}

const READ_AS_MORE = /^(?:-|[A-Za-z][A-Za-z-]*[:~<>])/;

function printWord(word: string): string {
  return READ_AS_MORE.test(word) ? quote(word) : printValue(word);
}

function quote(value: string): string {
  return `"${value.replace(/["\\]/g, "\\$&")}"`;
}
