// biome-ignore-all lint/a11y/noRedundantRoles: some browsers drop a table's meaning once its display is changed.

import dynamic from "next/dynamic";
import Link from "next/link";
import type { CSSProperties, Ref } from "react";
import { ChooseBox } from "@/components/bulk/choose-box";
import { wordsOf } from "@/components/queue/task/explain";
import { Detail, Priority, UnreadDot } from "@/components/queue/task/task-parts";
import { Profile } from "@/components/sessions/demo-label";
import { taskAddress } from "@/components/shell/addresses";
import { cn } from "@/components/ui/class-names";
import { revealHidden } from "@/components/ui/hidden-characters";
import { State } from "@/components/ui/state";
import { Time } from "@/components/ui/time/time";
import type { QueueTaskSummary } from "@/contract/queue";
import type { RowAction } from "./row-actions";
import type { TaskColumnId, TaskColumns } from "./task-columns";
import { TaskMenu } from "./task-menu";

/** A row and its head, in columns that the table says; a card on a phone. */
export const ROW_GRID = "sm:grid sm:grid-cols-(--task-columns) sm:items-center sm:gap-x-3 sm:px-4 lg:px-6";

// What nobody has chosen is not loaded.
const MoreCells = dynamic(() => import("./more-cells").then((module) => module.MoreCells), { ssr: false });

type TaskRowProps = {
  task: QueueTaskSummary;
  titles: ReadonlyMap<string, string>;
  columns: TaskColumns;
  position: { index: number; style: CSSProperties; ref: Ref<HTMLTableRowElement> };
  isCursor: boolean;
  isChosen: boolean;
  hasQueue: boolean;
  canOperate: boolean;
  priority: number;
  onFocus: () => void;
  onToggle: (isRange: boolean) => void;
  onAct: (what: RowAction) => void;
};

/** A task: its state, why it waits, where it stands. */
export function TaskRow({ task, columns, position, isCursor, isChosen, hasQueue, canOperate, ...on }: TaskRowProps) {
  const state = wordsOf(task);
  const isColumnShown = (id: TaskColumnId) => columns.shown.some((column) => column.id === id);
  return (
    <tr
      ref={position.ref}
      role="row"
      data-row={task.id}
      data-index={position.index}
      data-selected={isChosen || undefined}
      aria-rowindex={position.index + 2}
      style={position.style}
      onFocus={on.onFocus}
      className={cn(
        "absolute inset-x-0 top-0 flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-2.5 hover:bg-hover data-selected:bg-accent-soft sm:h-13 sm:py-0",
        ROW_GRID,
        isCursor && "shadow-[inset_3px_0_0_var(--accent)]",
      )}
    >
      <td role="cell" className="flex items-center">
        {canOperate && <ChooseBox label={revealHidden(task.title)} isChosen={isChosen} onToggle={on.onToggle} />}
      </td>
      <td role="cell">
        <State {...state} why={revealHidden(task.blocker?.message ?? task.failureMessage)} />
      </td>
      <td role="cell" className="flex min-w-0 flex-col max-sm:order-first max-sm:w-full max-sm:pr-8">
        <span className="flex min-w-0 items-center gap-2">
          {task.unread && <UnreadDot />}
          <Link
            id={`task-${task.id}`}
            href={taskAddress(task.id)}
            title={task.id}
            className={cn(
              "truncate text-sm after:absolute after:inset-0 hover:underline focus-visible:-outline-offset-1",
              task.unread ? "font-semibold" : "font-medium",
            )}
          >
            {revealHidden(task.title)}
          </Link>
        </span>
        <span className="truncate text-xs text-ink-3">
          <Detail task={task} titles={on.titles} />
        </span>
      </td>
      {isColumnShown("lane") && (
        <td role="cell" className="min-w-0 truncate text-xs text-ink-2" title={`${task.queue} / ${task.lane}`}>
          {hasQueue && <span className="text-ink-3 max-sm:hidden">{task.queue} / </span>}
          {task.lane}
        </td>
      )}
      {isColumnShown("priority") && (
        <td role="cell" className="flex items-center gap-0.5">
          <Priority task={task} priority={on.priority} canOperate={canOperate} onAct={on.onAct} />
        </td>
      )}
      {isColumnShown("profile") && (
        <td role="cell" className={cn("text-xs text-ink-2 max-lg:truncate", !columns.areChosen && "max-sm:hidden")}>
          <Profile profile={task.backendProfile} />
        </td>
      )}
      {columns.shown.some(({ isOptional }) => isOptional) && <MoreCells task={task} columns={columns.shown} />}
      {isColumnShown("since") && (
        <td
          role="cell"
          className="text-right text-xs whitespace-nowrap text-ink-2 max-sm:ml-auto sm:[grid-column-end:-2]"
        >
          <Time at={task.state === "pending" ? task.createdAt : task.updatedAt} />
        </td>
      )}
      <td role="cell" className="max-sm:absolute max-sm:top-1.5 max-sm:right-2 sm:[grid-column-end:-1]">
        <TaskMenu task={task} canOperate={canOperate} onAct={on.onAct} />
      </td>
    </tr>
  );
}
