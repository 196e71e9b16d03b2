import type { CSSProperties } from "react";
import type { TaskColumnId, TaskColumns } from "./task-columns";

/** Each row is a grid of its own: they stand in line because no column's width depends on what is in it. */
const WIDTHS_REM: Partial<Record<TaskColumnId, number>> = {
  ...{ lane: 9, priority: 6.5, profile: 4.5, since: 5.5 },
  ...{ project: 7, tenant: 7, id: 13, session: 11, run: 11, attempts: 4.5, key: 8, version: 4.5, metadata: 14 },
};
const WIDTH_REM = 6;
const CHOOSE_REM = 2;
const STATE_REM = 6.5;
const TITLE_REM_MIN = 14;
const MENU_REM = 1.75;
const GAP_REM = 0.75;
const ENDS_REM = 3;

/** Where the columns of every row begin, and how wide the table has to be for those that were chosen. */
export function gridStyle({ shown }: TaskColumns): CSSProperties {
  const widths = shown.map(({ id }) => WIDTHS_REM[id] ?? WIDTH_REM);
  // Where there is little room the lane gives way to the title.
  const tracks = shown.map(({ id }, index) => (id === "lane" ? "minmax(4rem,9rem)" : `${widths[index]}rem`));
  const gaps = GAP_REM * (shown.length + 3) + ENDS_REM;
  const width = widths.reduce((sum, rem) => sum + rem, CHOOSE_REM + STATE_REM + TITLE_REM_MIN + MENU_REM + gaps);
  return {
    "--task-columns": [`${CHOOSE_REM}rem ${STATE_REM}rem minmax(0,1fr)`, ...tracks, `${MENU_REM}rem`].join(" "),
    "--tasks-width": shown.some(({ isOptional }) => isOptional) ? `${width}rem` : "0rem",
  } as CSSProperties;
}
