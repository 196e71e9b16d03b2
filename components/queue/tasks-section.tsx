"use client";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import Link from "next/link";
import { type ReactNode, type RefObject, useCallback, useMemo, useRef, useState } from "react";
import { progressOf } from "@/components/bulk/progress";
import { DocLink } from "@/components/docs/doc-link";
import { type QueryWidening, useQueryWidening } from "@/components/query/use-query-widening";
import { NEW_TASK_CALL } from "@/components/queue/add/new-task-call";
import { bulkAddress } from "@/components/shell/addresses";
import { useCanOperate, useReader } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { newestBulk, taskPages } from "@/components/trpc/lists";
import { Button, buttonStyle } from "@/components/ui/button";
import { CallHint } from "@/components/ui/curl/call-hint";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ListFoot, NoMatch, StillLooking } from "@/components/ui/list/list-states";
import { useLoadUntilFound } from "@/components/ui/list/load-until-found";
import { NewPill } from "@/components/ui/list/new-pill";
import { EmptyState, TableSkeleton } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { useHydratedNow } from "@/components/ui/time/clock";
import { TASK_QUERY } from "@/contract/query/tasks";
import type { QueueTaskSummary } from "@/contract/queue";
import type { TaskLine } from "@/contract/queue-commander";
import type { QueueControl } from "@/contract/queue-control";
import { isFiltered, type QueueFilter, tasksInput } from "./filter";
import { useTaskColumns } from "./task-columns";
import { TasksBar } from "./tasks-bar";
import { useQueueLive } from "./use-queue-live";
import { useTaskActions } from "./use-task-actions";

// A queue in which nothing waits has no rows.
const TasksTable = dynamic(() => import("./tasks-table").then((module) => module.TasksTable), {
  loading: () => <TableSkeleton />,
});

export type TasksSectionProps = {
  filter: QueueFilter;
  controls: readonly QueueControl[];
  active: readonly Pick<TaskLine, "taskId" | "title">[];
  scroller: RefObject<HTMLDivElement | null>;
  /** How the tasks are shown, which is chosen beside what narrows them. */
  layoutSwitch: ReactNode;
  onChange: (change: Partial<QueueFilter> | null) => void;
  onAdd: () => void;
};

/** The tasks as rows: narrowed by the filter, run by mouse or keys, one by one or many at once. */
export function TasksSection({ filter, controls, active, scroller, layoutSwitch, onChange, onAdd }: TasksSectionProps) {
  const trpc = useTRPC();
  const readerId = useReader();
  const canOperate = useCanOperate();
  const query = useInfiniteQuery(taskPages(trpc, tasksInput(filter, readerId)));
  const tasks = useMemo(() => uniqueTasks(query.data?.pages ?? []), [query.data]);
  const ids = useMemo(() => tasks.map((task) => task.id), [tasks]);
  const titles = useMemo(() => titlesOf(active, tasks), [active, tasks]);
  const columns = useTaskColumns();
  const [focusRequest, setFocusRequest] = useState(0);
  const focus = () => setFocusRequest((request) => request + 1);
  const { fetchNextPage, isFetchingNextPage, hasNextPage } = query;
  const taskActions = useTaskActions({
    ...{ tasks, ids, filter, hasMore: hasNextPage, isRead: query.data !== undefined, controls, onAdd, focus },
  });
  const { selection, priority } = taskActions;
  const live = useQueueLive(taskActions.isHeld);
  const bar = useRef<HTMLDivElement>(null);
  const onMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [isFetchingNextPage, fetchNextPage]);
  const isSearching = useLoadUntilFound(query, tasks.length);
  const widening = useQueryWidening(TASK_QUERY, filter, onChange);
  return (
    <section aria-label="Tasks" onKeyDown={taskActions.onKeyDown}>
      <TasksBar ref={bar} {...{ filter, controls, layoutSwitch, onChange }} rows={tasks} hasStates hasColumns>
        {taskActions.bar}
      </TasksBar>
      <NewPill count={live.changes} noun="change" onShow={live.show} />
      <div className="bg-panel">
        <QueryView query={query} skeleton={<TableSkeleton />}>
          {() =>
            isSearching ? (
              <StillLooking>Searching more tasks…</StillLooking>
            ) : tasks.length === 0 ? (
              <EmptyList filter={filter} widening={widening} onChange={onChange} onAdd={canOperate ? onAdd : null} />
            ) : (
              <>
                <TasksTable
                  tasks={tasks}
                  titles={titles}
                  columns={columns}
                  scroller={scroller}
                  bar={bar}
                  selection={selection}
                  focusRequest={focusRequest}
                  onLostFocus={focus}
                  hasQueue={filter.queue === null}
                  canOperate={canOperate}
                  hasMore={hasNextPage}
                  onMore={onMore}
                  priorityOf={priority.shownPriority}
                  onAct={(what, task) => {
                    selection.moveTo(task.id);
                    taskActions.act(what, task);
                  }}
                />
                <ListFoot count={tasks.length} noun="task" query={query} />
              </>
            )
          }
        </QueryView>
      </div>
      {taskActions.dialogs}
    </section>
  );
}

/** A task may be on two pages, when its priority changed between them. */
function uniqueTasks(pages: readonly { items: QueueTaskSummary[] }[]): QueueTaskSummary[] {
  return [...new Map(pages.flatMap(({ items }) => items).map((task) => [task.id, task])).values()];
}

/** What tasks are called that may hold what others wait for. */
export function titlesOf(
  active: TasksSectionProps["active"],
  tasks: readonly Pick<QueueTaskSummary, "id" | "title">[],
): ReadonlyMap<string, string> {
  return new Map([
    ...active.map(({ taskId, title }) => [taskId, title] as const),
    ...tasks.map(({ id, title }) => [id, title] as const),
  ]);
}

/** How long what was done to many tasks explains that a list is empty. */
const EXPLAINED_MS = 120_000;

/** The action on many tasks that has just ended: a list may be empty because of it. */
function useJustDone(): { id: string; title: string } | null {
  const nowMs = useHydratedNow();
  const [newest] = useQuery(newestBulk(useTRPC(), "task")).data?.items ?? [];
  if (nowMs === null || newest === undefined || newest.endedAt === null || newest.done === 0) return null;
  if (nowMs - Date.parse(newest.endedAt) > EXPLAINED_MS) return null;
  return { id: newest.id, title: progressOf(newest).title };
}

type EmptyListProps = {
  filter: QueueFilter;
  widening: QueryWidening | null;
  onChange: (change: Partial<QueueFilter>) => void;
  onAdd: (() => void) | null;
};

function EmptyList({ filter, widening, onChange, onAdd }: EmptyListProps) {
  const done = useJustDone();
  if (isFiltered(filter) && done !== null)
    return (
      <EmptyState
        title={revealHidden(done.title)}
        action={
          <Link href={bulkAddress(done.id)} className={buttonStyle({})}>
            View them
          </Link>
        }
      >
        No other tasks match this filter.
      </EmptyState>
    );
  if (isFiltered(filter))
    return (
      <NoMatch
        noun="task"
        action="Show all tasks"
        widening={widening}
        onClear={() => onChange({ ...TASK_QUERY.none, queue: filter.queue, state: "all" })}
      />
    );
  return (
    <EmptyState
      title="No waiting tasks"
      action={
        <span className="flex gap-2">
          <Button onClick={() => onChange({ state: "all" })}>Show all tasks</Button>
          {onAdd !== null && (
            <Button variant="primary" onClick={onAdd}>
              Add task
            </Button>
          )}
        </span>
      }
    >
      <p>
        A task starts as a run when its limits allow. <DocLink name="queue">How the queue works</DocLink>
      </p>
      <CallHint label="Or add one with the API" call={NEW_TASK_CALL} />
    </EmptyState>
  );
}
