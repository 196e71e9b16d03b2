import type { ReactNode } from "react";
import type { Column } from "@/components/ui/table";
import { type ListColumn, shownColumns } from "@/contract/query/arrangement";

type Cells<Row> = {
  /** Of the columns that the list has by itself. */
  usual: Readonly<Record<string, Omit<Column<Row>, "name">>>;
  /** Of all others. */
  more: (id: string, row: Row) => ReactNode;
};

/** The columns of a list that are shown, in its order. On a phone those that somebody chose are lines of the card. */
export function columnsFor<Row>(
  all: readonly ListColumn[],
  columns: string | null,
  { usual, more }: Cells<Row>,
): Column<Row>[] {
  return shownColumns(all, columns).map(({ id, name }) => {
    const known = usual[id];
    if (known === undefined)
      return { name, className: "text-xs text-ink-2 tabular-nums", cell: (row) => more(id, row), isLine: true };
    return columns !== null && known.isWideOnly
      ? { ...known, name, isWideOnly: false, isLine: true }
      : { ...known, name };
  });
}
