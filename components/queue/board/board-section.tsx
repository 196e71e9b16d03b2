"use client";
import { type KeyboardEvent, useRef } from "react";
import type { QueueFilter } from "@/components/queue/filter";
import { TasksBar } from "@/components/queue/tasks-bar";
import { type TasksSectionProps, titlesOf } from "@/components/queue/tasks-section";
import { useColumns } from "@/components/queue/use-columns";
import { useLostFocus } from "@/components/queue/use-lost-focus";
import { useQueueLive } from "@/components/queue/use-queue-live";
import { useTaskActions } from "@/components/queue/use-task-actions";
import { useCanOperate } from "@/components/shell/identity";
import { Button } from "@/components/ui/button";
import { Choices } from "@/components/ui/form/choices";
import { NewPill } from "@/components/ui/list/new-pill";
import { ScrollRegion } from "@/components/ui/scroll-region";
import type { QueueTaskSummary } from "@/contract/queue";
import { type Grouping, neighbourOf } from "./board";
import { BoardCard } from "./board-card";
import { BoardColumn } from "./board-column";
import { useMoved } from "./use-moved";

type BoardSectionProps = Omit<TasksSectionProps, "scroller"> & {
  by: Grouping;
  /** The column that a phone shows; the first where it is not there. */
  column: string | null;
  onColumn: (column: string) => void;
  onTable: (change: Partial<QueueFilter>) => void;
};

const ARROWS: Record<string, { dx: number; dy: number }> = {
  ArrowUp: { dx: 0, dy: -1 },
  ArrowDown: { dx: 0, dy: 1 },
  ArrowLeft: { dx: -1, dy: 0 },
  ArrowRight: { dx: 1, dy: 0 },
};

/** The tasks as cards, in columns by state or by lane; what happens to a task moves its card. */
export function BoardSection({
  filter,
  controls,
  active,
  layoutSwitch,
  by,
  onChange,
  onAdd,
  ...board
}: BoardSectionProps) {
  const canOperate = useCanOperate();
  const { columns, ids, lanesLeft, onMoreLanes } = useColumns({ filter, by, controls });
  const tasks = columns.flatMap(({ cards }) => cards);
  const titles = titlesOf(active, tasks);
  const body = useRef<HTMLDivElement>(null);
  const go = (way: { dx: number; dy: number }) => {
    const cards = columns.map(({ cards }) => cards.map(({ id }) => id));
    focusCard(neighbourOf(cards, taskActions.selection.cursor, way));
  };
  const taskActions = useTaskActions({
    ...{ tasks, ids, controls, onAdd },
    // On a board by state all of them are there, whichever the table would show.
    filter: by === "state" && filter.state === "pending" ? { ...filter, state: "all" } : filter,
    isRead: columns.every(({ isLoading, error }) => !isLoading && error === null),
    hasMore: columns.some(({ hasMore }) => hasMore) || lanesLeft > 0,
    focus: focusCard,
    keys: { move: (by) => go({ dx: 0, dy: by }), aside: (by) => go({ dx: by, dy: 0 }) },
  });
  const { selection, rows } = taskActions;
  const live = useQueueLive(taskActions.isHeld);
  const moved = useMoved(columns, by);
  useLostFocus(body, ids, () => focusCard(selection.cursor));
  const shown = columns.find(({ key }) => key === board.column) ?? columns[0];
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    taskActions.onKeyDown(event);
    const way = ARROWS[event.key];
    const isCard = (event.target as HTMLElement).id.startsWith("task-");
    if (way === undefined || !isCard || event.defaultPrevented) return;
    event.preventDefault();
    go(way);
  };
  const card = (task: QueueTaskSummary) => (
    <BoardCard
      key={task.id}
      {...{ task, titles, by, canOperate }}
      priority={taskActions.priority.shownPriority(task)}
      checkbox={rows.checkbox?.(task.id) ?? null}
      isChosen={rows.isChosen(task.id)}
      isCursor={selection.cursor === task.id}
      hasMoved={moved.has(task.id)}
      onFocus={() => selection.moveTo(task.id)}
      onAct={(what) => {
        selection.moveTo(task.id);
        taskActions.act(what, task);
      }}
    />
  );
  return (
    <section aria-label="Tasks" onKeyDown={onKeyDown}>
      <h2 className="sr-only">Tasks by {by}</h2>
      <TasksBar {...{ filter, controls, layoutSwitch, onChange }} hasStates={by === "lane"} hasColumns={false}>
        {taskActions.bar}
      </TasksBar>
      <NewPill count={live.changes} noun="change" onShow={live.show} />
      {columns.length > 1 && shown !== undefined && (
        <div className="px-4 pt-3 sm:hidden">
          <Choices
            label="Column"
            values={columns.map(({ key }) => key)}
            names={Object.fromEntries(columns.map(({ key, name, count }) => [key, `${name} ${count ?? ""}`]))}
            value={shown.key}
            onChange={board.onColumn}
          />
        </div>
      )}
      <ScrollRegion ref={body} label="Board" className="p-4 lg:px-6">
        <div className="flex min-h-40 items-stretch gap-3">
          {columns.map((column) => (
            <BoardColumn
              key={column.key}
              column={column}
              isShownOnPhone={column.key === shown?.key}
              onTable={() => board.onTable(column.filter)}
            >
              {column.cards.map(card)}
            </BoardColumn>
          ))}
          {lanesLeft > 0 && (
            <Button variant="ghost" className="self-start" onClick={onMoreLanes}>
              {lanesLeft.toLocaleString("en")} more lanes
            </Button>
          )}
          {columns.length === 0 && <p className="m-auto p-6 text-sm text-ink-3">Lanes appear when you add a task.</p>}
        </div>
      </ScrollRegion>
      {taskActions.dialogs}
    </section>
  );
}

function focusCard(id: string | null): void {
  if (id === null) return;
  const card = document.getElementById(`task-${id}`);
  card?.focus({ preventScroll: true });
  card?.closest("li")?.scrollIntoView({ block: "nearest", inline: "nearest" });
}
