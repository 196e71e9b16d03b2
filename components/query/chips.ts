import { conditionsOf, type Filter, type QueryPage } from "@/contract/query/page";

export type NamedChip = { field: string; name: string; value: string };

/** What narrows a list, a field at a time: of free text all words are one. */
export function chipsOf<Of extends Filter>(page: QueryPage<Of>, filter: Of): NamedChip[] {
  const conditions = conditionsOf(page, filter);
  return [...new Set(conditions.map(({ field }) => field))].map((field) => {
    const own = conditions.filter((condition) => condition.field === field);
    const [first] = own;
    const sign = first === undefined || first.operator === ":" ? "" : `${first.operator} `;
    return { field, name: first?.key ?? "text", value: sign + own.map(({ value }) => value).join(" ") };
  });
}

/** The same as words for a sentence: `profile demo`, `age > 2d`, `“flaky”`. */
export function conditionWords<Of extends Filter>(page: QueryPage<Of>, filter: Of): string[] {
  return chipsOf(page, filter).map(({ field, name, value }) =>
    field === page.words?.field ? `“${value}”` : `${name} ${value}`,
  );
}
