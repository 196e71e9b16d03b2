import { useArrangement } from "@/components/arrange/use-arrangement";
import { shownColumns } from "@/contract/query/arrangement";
import { TASK_COLUMNS, TASK_QUERY } from "@/contract/query/tasks";

export type TaskColumn = (typeof TASK_COLUMNS)[number] & { isOptional?: true };
export type TaskColumnId = TaskColumn["id"];
export type TaskColumns = {
  shown: readonly TaskColumn[];
  /** Somebody chose them: a phone shows them all. */
  areChosen: boolean;
};

/** The columns of the tasks, as the page's address has them. */
export function useTaskColumns(): TaskColumns {
  const { columns } = useArrangement(TASK_QUERY).arrangement;
  return { shown: shownColumns<TaskColumn>(TASK_COLUMNS, columns), areChosen: columns !== null };
}
