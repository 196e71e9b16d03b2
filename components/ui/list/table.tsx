// biome-ignore-all lint/a11y/noRedundantRoles: some browsers drop a table's meaning once its display is changed, as on phones.
import { memo, type ReactNode } from "react";
import { cn } from "@/components/ui/class-names";
import { OverflowBox } from "@/components/ui/overflow-box";

export type Column<Row> = {
  name: string;
  cell: (row: Row) => ReactNode;
  className?: string;
  /** What its cells hold needs no name to be seen: it is only read out. */
  isNameHidden?: boolean;
  /** Left out of the card that a row becomes on a phone. */
  isWideOnly?: boolean;
  /** Without its name on a phone: the card's own heading. */
  isLead?: boolean;
  /** On a phone a line of its own, with its name. */
  isLine?: boolean;
};

/** How rows are chosen: by a box in each, which leads its row; and which of them the keys act on. */
export type RowChoice = {
  isChosen: (key: string) => boolean;
  /** null: nothing can be done to many. */
  checkbox: ((key: string) => ReactNode) | null;
  /** null: what has the focus is no row. */
  onFocus: (key: string | null) => void;
};

type RowsProps<Row> = {
  columns: readonly Column<Row>[];
  keyOf: (row: Row) => string;
  rowClassName?: (row: Row) => string | undefined;
  selectedKey?: string | null;
  /** The row that something beside the table is about. */
  currentKey?: string | null;
  choice?: RowChoice | null;
};
export type TableProps<Row> = RowsProps<Row> & { label: string; rows: readonly Row[] };

/** Whether each row has a cell to choose it by. */
export function hasBoxes(choice: RowChoice | null | undefined): boolean {
  return choice?.checkbox != null;
}

/** A table whose rows become cards below 640 px, with the same cells in them. */
export function Table<Row>({ rows, ...props }: TableProps<Row>) {
  return (
    <OverflowBox label={`${props.label}, scrollable`}>
      <TableFrame {...props}>
        <tbody role="rowgroup" className="max-sm:block">
          <Rows rows={rows} {...props} />
        </tbody>
      </TableFrame>
    </OverflowBox>
  );
}

type FrameProps<Row> = Pick<TableProps<Row>, "label" | "columns" | "choice"> & { children: ReactNode };

/** A table and the names of its columns, around its groups of rows. */
export function TableFrame<Row>({ label, columns, choice = null, children }: FrameProps<Row>) {
  return (
    <table aria-label={label} role="table" className="w-full text-sm max-sm:block">
      <thead role="rowgroup" className="max-sm:sr-only">
        <tr role="row" className="border-b text-left text-xs text-ink-3">
          {hasBoxes(choice) && (
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
                "relative h-8 px-3 whitespace-nowrap first:pl-4 last:pr-4 lg:first:pl-6 lg:last:pr-6",
                column.className,
                // A column's own looks are those of its cells.
                "font-sans text-xs font-medium text-ink-3",
              )}
            >
              {column.isNameHidden ? <span className="sr-only">{column.name}</span> : column.name}
            </th>
          ))}
        </tr>
      </thead>
      {children}
    </table>
  );
}

/** Rows, each with its cells. */
export function Rows<Row>({ rows, ...props }: RowsProps<Row> & { rows: readonly Row[] }) {
  const { columns, keyOf, rowClassName, selectedKey, currentKey, choice = null } = props;
  return rows.map((row) => {
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
          currentKey === key && CURRENT,
          rowClassName?.(row),
        )}
      >
        {hasBoxes(choice) && (
          <td role="cell" className="h-10 pl-4 leading-none max-sm:h-auto max-sm:p-0 lg:pl-6">
            {choice?.checkbox?.(key)}
          </td>
        )}
        <Cells row={row} columns={columns} />
      </tr>
    );
  });
}

type CellsProps<Row> = Pick<RowsProps<Row>, "columns"> & { row: Row };

/** Of a list whose columns stay the same object, a row that did not change costs nothing when another does. */
const Cells = memo(AllCells) as typeof AllCells;

function AllCells<Row>({ row, columns }: CellsProps<Row>): ReactNode {
  return columns.map((column) => (
    <td
      key={column.name}
      role="cell"
      className={cn(
        "h-10 px-3 sm:first:pl-4 sm:last:pr-4 lg:first:pl-6 lg:last:pr-6 max-sm:h-auto max-sm:p-0",
        column.isWideOnly && "max-sm:hidden",
        column.isLead && "max-sm:w-full",
        column.className,
        column.isLine && LINE,
      )}
    >
      {column.isLine && <LineName>{column.name}</LineName>}
      {column.cell(row)}
    </td>
  ));
}

/** A bar at its edge; of a table's row its first cell has it. */
const CURRENT =
  "max-sm:shadow-[inset_3px_0_0_var(--accent)] sm:[&>td:first-child]:shadow-[inset_3px_0_0_var(--accent)]";

/** A cell that is a line of its own in the card that a row becomes. */
export const LINE =
  "max-sm:order-last max-sm:flex max-sm:w-full max-sm:max-w-none max-sm:min-w-0 max-sm:items-baseline max-sm:gap-2 max-sm:text-left";

/** What such a line is called; wider tables say it once, above all rows. */
export function LineName({ children }: { children: ReactNode }) {
  return (
    <span aria-hidden className="w-28 shrink-0 text-xs text-ink-3 sm:hidden">
      {children}
    </span>
  );
}
