/**
 * The language that lists are narrowed by: `state:running profile:codex age>2h title~"flaky" -pinned:yes words`. Pure
 * text in (`parse.ts`) and out, of no list in particular: any text parses, and what is printed parses to the same parts.
 */
export const OPERATORS = [":", "~", "<", ">"] as const;
export type Operator = (typeof OPERATORS)[number];

/** A condition, or free text where the key is null. */
export type Condition = { isNot: boolean; key: string | null; operator: Operator; value: string };
/** A condition and where it stands in the text; the value from `valueAt` on, as it was written. */
export type Part = Condition & { start: number; valueAt: number; end: number };

/** Text that is longer is cut: nobody means it, and it has to fit an address. */
export const QUERY_MAX = 1_000;

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
