import type { ReactNode } from "react";
import type { Column } from "@/components/ui/list/table";
import { type ListColumn, shownColumns } from "@/contract/query/arrangement";

type Cells<Row> = {
  /** Of the columns that the list has by itself. */
  defaultColumns: Readonly<Record<string, Omit<Column<Row>, "name">>>;
  /** Of all others. */
  renderMore: (id: string, row: Row) => ReactNode;
};

/** The columns of a list that are shown, in its order. On a phone those that somebody chose are lines of the card. */
export function columnsFor<Row>(
  all: readonly ListColumn[],
  columns: string | null,
  { defaultColumns, renderMore }: Cells<Row>,
): Column<Row>[] {
  return shownColumns(all, columns).map(({ id, name }) => {
    const column = defaultColumns[id];
    if (column === undefined)
      return { name, className: "text-xs text-ink-2 tabular-nums", cell: (row) => renderMore(id, row), isLine: true };
    return columns !== null && column.isWideOnly
      ? { ...column, name, isWideOnly: false, isLine: true }
      : { ...column, name };
  });
}
