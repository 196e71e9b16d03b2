/** What a task's menu and keys do to it. */
export type RowAction = "open" | "look" | "read" | "raise" | "lower" | "lane" | "change" | "retry" | "cancel";
