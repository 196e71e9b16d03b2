import { expect, test } from "vitest";
import { shownColumns } from "@/contract/query/arrangement";
import { TASK_COLUMNS } from "@/contract/query/tasks";
import type { TaskColumn } from "./task-columns";
import { gridStyle } from "./task-grid";

const styleOf = (columns: string | null) =>
  gridStyle({ shown: shownColumns<TaskColumn>(TASK_COLUMNS, columns), areChosen: columns !== null }) as Record<
    string,
    string
  >;
/** Columns of a template that the browser would lay out. */
const tracksOf = (style: Record<string, string>) => style["--task-columns"]?.split(/ (?![^(]*\))/) ?? [];

test("a row has cells for checkbox, state, title and menu, and one per shown column", () => {
  expect(tracksOf(styleOf(null))).toHaveLength(4 + 4);
  expect(tracksOf(styleOf("none"))).toHaveLength(4);
  expect(tracksOf(styleOf(TASK_COLUMNS.map(({ id }) => id).join(",")))).toHaveLength(4 + TASK_COLUMNS.length);
});

test("default columns fit any width; more need space, and the title keeps its own", () => {
  expect(styleOf(null)["--tasks-width"]).toBe("0rem");
  expect(styleOf("none")["--tasks-width"]).toBe("0rem");
  const widthOf = (columns: string) => Number.parseFloat(styleOf(columns)["--tasks-width"] ?? "");
  expect(widthOf("id")).toBeGreaterThan(2 + 6.5 + 14 + 13);
  expect(widthOf("id,run")).toBeGreaterThan(widthOf("id") + 11);
});
