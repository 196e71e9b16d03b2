import type { ViewPage } from "@/contract/words";
import type { Arrangements } from "./arrangement";
import { type FieldValue, printField } from "./kinds";
import { type Condition, type Operator, printQuery } from "./language";
import { readPairs } from "./metadata";

export type Filter = Record<string, FieldValue>;

/** A condition that a list takes. */
export type QueryKey<Field extends string = string> = {
  name: string;
  /** Of pairs: it takes a name behind a dot, and may be said once for each. */
  kind: "choice" | "columns" | "text" | "id" | "flag" | "duration" | "instant" | "size" | "pairs";
  /** The field of the filter that each of its operators writes. */
  fields: Partial<Record<Operator, Field>>;
  /** Of a choice, of one or of several with commas between them: all that there are. */
  values?: readonly string[];
  help: string;
  /** Another way to write what a field says, never printed. */
  isAlias?: true;
};

/** A list that is narrowed: what may be said of it. */
export type QueryPage<Of extends Filter = Filter> = {
  page: ViewPage;
  /** Where free text goes, and what it finds. */
  words: {
    field: keyof Of & string;
    help: string;
    /** What is typed counts once it is whole: a part of it finds nothing. */
    isWhole?: true;
  } | null;
  keys: readonly QueryKey<keyof Of & string>[];
  /** The filter that leaves out nothing but what the list leaves out by itself. */
  none: Of;
  /** How it may be shown, where that can be chosen; its saved views keep it. */
  arrangements?: Arrangements;
  /** What a text without a key says, where its form tells. */
  recognise?: (word: string) => Partial<Of> | null;
};

/** A filter as conditions, in the order of the list's keys. */
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

/** A filter as text; reading it gives the filter again. */
export function printFilter<Of extends Filter>(page: QueryPage<Of>, filter: Of): string {
  return printQuery(conditionsOf(page, filter));
}

/** Words stand side by side; where more than one space tells them apart they are one. */
function wordsOf(text: string): string[] {
  const words = text.split(" ");
  return words.every((word) => word !== "" && !/\s/.test(word)) ? words : [text];
}
