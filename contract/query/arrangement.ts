import type { Filter, QueryKey, QueryPage } from "./page";

/** A column that a list can show beside its fixed columns. */
export type ListColumn = {
  id: string;
  name: string;
  /** Hidden until the user chooses it. */
  isOptional?: true;
};
/** How a list may be shown: its columns in display order, and what its rows may be grouped by. */
export type Arrangements = { columns: readonly ListColumn[]; groups: readonly { id: string; name: string }[] };
/** The ids of a list's default columns, or of its optional ones. */
export type ColumnId<Columns extends readonly ListColumn[], IsOptional extends boolean> = IsOptional extends true
  ? Extract<Columns[number], { isOptional: true }>["id"]
  : Exclude<Columns[number], { isOptional: true }>["id"];

/** How a list is shown; null: the list's default. `columns` holds comma-separated ids in the list's order. */
export type Arrangement = { columns: string | null; group: string | null };
export const NOT_ARRANGED: Arrangement = { columns: null, group: null };
/** Stands for a choice without any of the columns that may be left out. */
export const NO_COLUMNS = "none";

/**
 * Returns the columns that an address names, each once and in the list's order. null where the list has none of them.
 */
export function readColumns(columns: Arrangements["columns"], text: string | null): string | null {
  if (text === null || text === NO_COLUMNS) return text;
  const said = text.split(",");
  return columns.flatMap(({ id }) => (said.includes(id) ? [id] : [])).join(",") || null;
}

/** Returns the columns to show, out of all columns. */
export function shownColumns<Column extends ListColumn>(all: readonly Column[], columns: string | null): Column[] {
  if (columns === null) return all.filter(({ isOptional }) => !isOptional);
  const chosen = columns.split(",");
  return all.filter(({ id }) => chosen.includes(id));
}

/** Returns the choice with one column added or removed; null where the result is the list's default. */
export function toggleColumn(all: Arrangements["columns"], columns: string | null, toggled: string): string | null {
  const isShown = new Set(shownColumns(all, columns).map(({ id }) => id));
  if (!isShown.delete(toggled)) isShown.add(toggled);
  if (all.every(({ id, isOptional }) => isShown.has(id) !== (isOptional === true))) return null;
  return readColumns(all, [...isShown].join(",")) ?? NO_COLUMNS;
}

/** Returns a list's page as its saved views see it: with the arrangement as part of the filter. */
export function asViewed<Of extends Filter>(page: QueryPage<Of>): QueryPage<Of & Arrangement> {
  const keys: QueryKey<keyof Arrangement>[] = [];
  const { columns = [], groups = [] } = page.arrangements ?? {};
  if (columns.length > 0) {
    const values = [...columns.map(({ id }) => id), NO_COLUMNS];
    keys.push({ name: "columns", kind: "columns", fields: { ":": "columns" }, values, help: "Columns that are shown" });
  }
  if (groups.length > 0) {
    const values = groups.map(({ id }) => id);
    keys.push({ name: "group", kind: "choice", fields: { ":": "group" }, values, help: "What rows stand under" });
  }
  const viewed: unknown = { ...page, keys: [...page.keys, ...keys], none: { ...page.none, ...NOT_ARRANGED } };
  return viewed as QueryPage<Of & Arrangement>;
}
