import type { ViewPage } from "@/contract/words";
import type { Arrangements } from "./arrangement";
import { type FieldValue, printField } from "./kinds";
import { type Condition, type Operator, printQuery } from "./language";
import { readPairs } from "./metadata";

export type Filter = Record<string, FieldValue>;

/** A query key that a list accepts. */
export type QueryKey<Field extends string = string> = {
  name: string;
  /** `pairs`: the key takes a name after a dot, and may be given once for each name. */
  kind: "choice" | "columns" | "text" | "id" | "flag" | "duration" | "instant" | "size" | "pairs";
  /** The filter's field that each of the key's operators writes. */
  fields: Partial<Record<Operator, Field>>;
  /** For a choice, of one value or of several separated by commas: all the values. */
  values?: readonly string[];
  help: string;
  /** An alternative spelling, which is never printed. */
  isAlias?: true;
};

/** A list that can be narrowed, and the query keys that it accepts. */
export type QueryPage<Of extends Filter = Filter> = {
  page: ViewPage;
  /** The field for free text, and what it finds. */
  words: {
    field: keyof Of & string;
    help: string;
    /** The text must be complete: part of it finds nothing. */
    isWhole?: true;
  } | null;
  keys: readonly QueryKey<keyof Of & string>[];
  /** The filter that leaves out only what the list leaves out by default. */
  none: Of;
  /** How the list may be shown, where that can be chosen. Saved views keep it. */
  arrangements?: Arrangements;
  /** Reads a text without a key as a condition, where its form identifies it. */
  recognise?: (word: string) => Partial<Of> | null;
};

/** Returns a filter's conditions, in the order of the list's keys. */
export function conditionsOf<Of extends Filter>(
  page: QueryPage<Of>,
  filter: Of,
): (Condition & { field: keyof Of & string })[] {
  const own = page.keys.flatMap((key) =>
    key.isAlias ? [] : Object.entries(key.fields).map(([operator, field]) => ({ key, operator, field })),
  );
  const keyed = own.flatMap(({ key, operator, field }) => {
    const value = filter[field] ?? null;
    if (value === null || value === page.none[field]) return [];
    const said = { isNot: false, key: key.name, operator: operator as Operator, field };
    if (key.kind !== "pairs") return [{ ...said, value: printField(value) }];
    return readPairs(printField(value)).map(([of, value]) => ({ ...said, of, value }));
  });
  const field = page.words?.field;
  if (field === undefined || own.some((key) => key.field === field)) return keyed;
  const text = String(filter[field] ?? "");
  if (text === "") return keyed;
  return [
    ...keyed,
    ...wordsOf(text).map((value) => ({ isNot: false, key: null, operator: ":" as const, value, field })),
  ];
}

/** Prints a filter as text; reading that text gives the filter again. */
export function printFilter<Of extends Filter>(page: QueryPage<Of>, filter: Of): string {
  return printQuery(conditionsOf(page, filter));
}

/** Splits text into words at single spaces. Text with any other space in it stays one word. */
function wordsOf(text: string): string[] {
  const words = text.split(" ");
  return words.every((word) => word !== "" && !/\s/.test(word)) ? words : [text];
}
