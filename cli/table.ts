import type { Io } from "./io";
import { plainLine } from "./plain";

/**
 * A column: its heading, and the text of each row. Where lines are too long, the widest column that may be cut is
 * shortened.
 */
export type Column<Row> = { name: string; of: (row: Row) => string; canBeCut?: true };

const GAP = "  ";
const WIDTH_MIN = 12;

/** Formats rows under their headings, fitted to the terminal; uncut where the output is not a terminal. */
export function formatTable<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  io: Pick<Io, "columns" | "style">,
) {
  const cells = rows.map((row) => columns.map(({ of }) => plainLine(of(row))));
  const widths = columns.map(({ name }, index) => {
    return Math.max(name.length, ...cells.map((line) => line[index]?.length ?? 0));
  });
  if (io.columns !== null) shrink(widths, columns, io.columns);
  const formatLine = (line: readonly string[]) =>
    line.map((cell, index) => padTo(cell, widths[index] ?? 0, index === line.length - 1)).join(GAP);
  return [io.style("dim", formatLine(columns.map(({ name }) => name))), ...cells.map(formatLine)];
}

function shrink<Row>(widths: number[], columns: readonly Column<Row>[], total: number): void {
  const excess = widths.reduce((sum, width) => sum + width, 0) + GAP.length * (widths.length - 1) - total;
  const [widest] = columns
    .map(({ canBeCut }, index) => ({ index, width: canBeCut ? (widths[index] ?? 0) : 0 }))
    .sort((left, right) => right.width - left.width);
  if (excess > 0 && widest && widest.width > 0) widths[widest.index] = Math.max(WIDTH_MIN, widest.width - excess);
}

function padTo(cell: string, width: number, isLast: boolean): string {
  if (cell.length > width) return `${cell.slice(0, width - 1)}…`;
  return isLast ? cell : cell.padEnd(width);
}
