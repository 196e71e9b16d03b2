// biome-ignore-all lint/a11y/noRedundantRoles: some browsers drop a table's meaning once its display is changed, as on phones.
import type { ReactNode } from "react";
import { cn } from "./class-names";
import { OverflowBox } from "./overflow-box";

export type Column<Row> = {
  name: string;
  cell: (row: Row) => ReactNode;
  className?: string;
  /** Left out of the card that a row becomes on a phone. */
  isWideOnly?: boolean;
  /** Without its name on a phone: the card's own heading. */
  isLead?: boolean;
};

/** How rows are chosen: by a box in each, which leads its row. */
export type RowChoice = {
  isChosen: (key: string) => boolean;
  box: (key: string) => ReactNode;
  onFocus: (key: string) => void;
};

type TableProps<Row> = {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
  rowClassName?: (row: Row) => string | undefined;
  selectedKey?: string | null;
  choice?: RowChoice | null;
};

/** A table whose rows become cards below 640 px, with the same cells in them. */
export function Table<Row>({ label, rows, columns, keyOf, rowClassName, selectedKey, choice = null }: TableProps<Row>) {
  return (
    <OverflowBox label={`${label}, scrollable`}>
      <table aria-label={label} role="table" className="w-full text-sm max-sm:block">
        <thead role="rowgroup" className="max-sm:sr-only">
          <tr role="row" className="border-b text-left text-xs text-ink-3">
            {choice !== null && (
              <th role="columnheader" scope="col" className="w-px pl-4 lg:pl-6">
                <span className="sr-only">Choose</span>
              </th>
            )}
            {columns.map((column) => (
              <th
                key={column.name}
                role="columnheader"
                scope="col"
                className={cn(
                  "h-8 px-3 font-medium whitespace-nowrap first:pl-4 last:pr-4 lg:first:pl-6 lg:last:pr-6",
                  column.className,
                )}
              >
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup" className="max-sm:block">
          {rows.map((row) => {
            const key = keyOf(row);
            return (
              <tr
                key={key}
                role="row"
                data-row={key}
                data-selected={selectedKey === key || choice?.isChosen(key) || undefined}
                onFocus={choice === null ? undefined : () => choice.onFocus(key)}
                className={cn(
                  "relative border-b hover:bg-hover data-selected:bg-accent-soft max-sm:flex max-sm:flex-wrap max-sm:items-center max-sm:gap-x-3 max-sm:gap-y-1 max-sm:px-4 max-sm:py-2.5",
                  rowClassName?.(row),
                )}
              >
                {choice !== null && (
                  <td role="cell" className="h-10 pl-4 leading-none max-sm:h-auto max-sm:p-0 lg:pl-6">
                    {choice.box(key)}
                  </td>
                )}
                {columns.map((column) => (
                  <td
                    key={column.name}
                    role="cell"
                    className={cn(
                      "h-10 px-3 sm:first:pl-4 sm:last:pr-4 lg:first:pl-6 lg:last:pr-6 max-sm:h-auto max-sm:p-0",
                      column.isWideOnly && "max-sm:hidden",
                      column.isLead && "max-sm:w-full",
                      column.className,
                    )}
                  >
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
    </OverflowBox>
  );
}
