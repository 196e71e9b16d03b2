import type { FieldValue } from "@/contract/query/kinds";
import { printKey } from "@/contract/query/language";
import { printPairs, readPairs } from "@/contract/query/metadata";
import { conditionsOf, type Filter, type QueryPage } from "@/contract/query/page";

/** A condition of a list, and what its field holds without it. */
export type NamedChip = { field: string; name: string; value: string; remaining: FieldValue };

/** What narrows a list, a field at a time: of free text all words are one, and of metadata each name is. */
export function chipsOf<Of extends Filter>(page: QueryPage<Of>, filter: Of): NamedChip[] {
  const conditions = conditionsOf(page, filter);
  return [...new Set(conditions.map(({ field }) => field))].flatMap((field): NamedChip[] => {
    const fieldConditions = conditions.filter((condition) => condition.field === field);
    const [first] = fieldConditions;
    if (first?.of !== undefined) {
      const pairs = readPairs(String(filter[field]));
      return fieldConditions.map(({ key, of, value }) => ({
        ...{ field, name: printKey(key ?? "", of), value },
        remaining: printPairs(pairs.filter(([name]) => name !== of)),
      }));
    }
    const operatorText = first === undefined || first.operator === ":" ? "" : `${first.operator} `;
    const value = operatorText + fieldConditions.map(({ value }) => value).join(" ");
    return [{ field, name: first?.key ?? "text", value, remaining: page.none[field] ?? null }];
  });
}

/** The same as words for a sentence: `profile demo`, `age > 2d`, `“flaky”`. */
export function conditionWords<Of extends Filter>(page: QueryPage<Of>, filter: Of): string[] {
  return chipsOf(page, filter).map(({ field, name, value }) =>
    field === page.words?.field ? `“${value}”` : `${name} ${value}`,
  );
}
