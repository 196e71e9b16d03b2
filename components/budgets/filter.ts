import { parseAsString } from "nuqs/server";

/** What the list of budgets is narrowed by, in its address. */
export const BUDGET_FILTERS = { search: parseAsString.withDefault("") };

/** The list's input: an empty search asks for all. */
export function budgetsInput(search: string): { search?: string } {
  return search.trim() === "" ? {} : { search: search.trim() };
}
