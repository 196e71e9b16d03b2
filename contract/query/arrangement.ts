import type { Filter, QueryKey, QueryPage } from "./page";

/** A column that a list may have beside those that it always has. */
export type ListColumn = {
  id: string;
  name: string;
  /** Hidden until somebody chooses it. */
  isOptional?: true;
};
/** How a list may be shown: its columns in the order in which they stand, and what its rows may stand under. */
export type Arrangements = { columns: readonly ListColumn[]; groups: readonly { id: string; name: string }[] };
/** The ids of columns that a list has by itself, or of the others. */
export type ColumnId<Columns extends readonly ListColumn[], IsOptional extends boolean> = IsOptional extends true
  ? Extract<Columns[number], { isOptional: true }>["id"]
  : Exclude<Columns[number], { isOptional: true }>["id"];

/** How a list is shown; null: as it is by itself. Columns are ids in the list's order, with commas between them. */
export type Arrangement = { columns: string | null; group: string | null };
export const NOT_ARRANGED: Arrangement = { columns: null, group: null };
/** Not one of the columns that may be left out. */
export const NO_COLUMNS = "none";

/** Columns as an address names them: each once, in the list's order. Null where the list has none of those named. */
export function readColumns(columns: Arrangements["columns"], text: string | null): string | null {
  if (text === null || text === NO_COLUMNS) return text;
  const said = text.split(",");
  return columns.flatMap(({ id }) => (said.includes(id) ? [id] : [])).join(",") || null;
}

/** The columns that are shown of all that there are. */
export function shownColumns<Column extends ListColumn>(all: readonly Column[], columns: string | null): Column[] {
  if (columns === null) return all.filter(({ isOptional }) => !isOptional);
  const chosen = columns.split(",");
  return all.filter(({ id }) => chosen.includes(id));
}

/** The choice with one column put in or taken out; null where it is then what the list has by itself. */
export function toggleColumn(all: Arrangements["columns"], columns: string | null, toggled: string): string | null {
  const isShown = new Set(shownColumns(all, columns).map(({ id }) => id));
  if (!isShown.delete(toggled)) isShown.add(toggled);
  if (all.every(({ id, isOptional }) => isShown.has(id) !== (isOptional === true))) return null;
  return readColumns(all, [...isShown].join(",")) ?? NO_COLUMNS;
}

/** A list as its saved views tell it: how it is shown stands among what it is narrowed to. */
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
