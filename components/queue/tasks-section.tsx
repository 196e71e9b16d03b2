"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { BulkProgress } from "@/components/bulk/bulk-progress";
import { asOfNow, type BulkTarget, targetOf } from "@/components/bulk/target";
import { useSelection } from "@/components/bulk/use-selection";
import { DocLink } from "@/components/docs/doc-link";
import { useWider, type Wider } from "@/components/query/use-wider";
import { taskAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { taskPages } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { ListFoot, NoMatch, StillLooking } from "@/components/ui/list-states";
import { useLookOn } from "@/components/ui/look-on";
import { NewPill } from "@/components/ui/new-pill";
import { EmptyState, TableSkeleton } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { printFilter } from "@/contract/query/page";
import { TASK_QUERY } from "@/contract/query/tasks";
import type { QueueTask, QueueTaskSummary } from "@/contract/queue";
import type { TaskLine } from "@/contract/queue-commander";
import type { QueueControl } from "@/contract/queue-control";
import type { BulkVerb } from "@/contract/words";
import { canCancel, canPrioritise, canRetry } from "./explain";
import { filterWords, isFiltered, type QueueFilter, tasksInput } from "./filter";
import { QueueFilters } from "./queue-filters";
import { useTaskColumns } from "./task-columns";
import { TasksTable } from "./tasks-table";
import { useControl } from "./use-control";
import { usePriority } from "./use-priority";
import { useQueueLive } from "./use-queue-live";
import { useRetry } from "./use-retry";
import { useTaskKeys } from "./use-task-keys";

// Loaded when something is first chosen, or done to many.
const ChoiceBar = dynamic(() => import("@/components/bulk/choice-bar").then((module) => module.ChoiceBar), {
  ssr: false,
});
const BulkDialog = dynamic(() => import("@/components/bulk/bulk-dialog").then((module) => module.BulkDialog), {
  ssr: false,
});

const CancelTaskDialog = dynamic(() => import("./cancel-task").then((module) => module.CancelTaskDialog), {
  ssr: false,
});
const ChangeTaskDialog = dynamic(() => import("./change-task").then((module) => module.ChangeTaskDialog), {
  ssr: false,
});

type TasksSectionProps = {
  filter: QueueFilter;
  controls: readonly QueueControl[];
  active: readonly Pick<TaskLine, "taskId" | "title">[];
  scroller: RefObject<HTMLDivElement | null>;
  onChange: (change: Partial<QueueFilter> | null) => void;
  onAdd: () => void;
};

type Asked =
  | { kind: "cancel" | "change"; task: QueueTaskSummary }
  | { kind: "bulk"; verb: BulkVerb; target: BulkTarget };

/** The tasks: narrowed by the filter, run by mouse or keys, one by one or many at once. */
export function TasksSection({ filter, controls, active, scroller, onChange, onAdd }: TasksSectionProps) {
  const trpc = useTRPC();
  const router = useRouter();
  const canOperate = useCanOperate();
  const query = useInfiniteQuery(taskPages(trpc, tasksInput(filter)));
  const tasks = useMemo(() => uniqueTasks(query.data?.pages ?? []), [query.data]);
  const ids = useMemo(() => tasks.map((task) => task.id), [tasks]);
  const titles = useMemo(
    () =>
      new Map([
        ...active.map(({ taskId, title }) => [taskId, title] as const),
        ...tasks.map(({ id, title }) => [id, title] as const),
      ]),
    [active, tasks],
  );
  const columns = useTaskColumns();
  const selection = useSelection(ids);
  const live = useQueueLive(selection.chosen.size > 0);
  const [asked, setAsked] = useState<Asked | null>(null);
  const [focusRequest, setFocusRequest] = useState(0);
  const priority = usePriority();
  const retry = useRetry();
  const { set: setControl } = useControl();
  const bar = useRef<HTMLDivElement>(null);
  const coveredPx = useHeight(bar);

  const { clear } = selection;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was chosen under another filter is out of sight.
  useEffect(clear, [printFilter(TASK_QUERY, filter)]);
  const { fetchNextPage, isFetchingNextPage, hasNextPage } = query;
  const onMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [isFetchingNextPage, fetchNextPage]);
  const isLooking = useLookOn(query, tasks.length);
  const wider = useWider(TASK_QUERY, filter, onChange);

  const focus = () => setFocusRequest((request) => request + 1);
  const atCursor = tasks.find((task) => task.id === selection.cursor);
  const isMany = selection.chosen.size > 0;
  const askBulk = (verb: BulkVerb) => {
    const matching = { filter: tasksInput(filter), asOf: asOfNow(), words: filterWords(filter) };
    const target = targetOf(selection.chosen, selection.isAllMatching ? matching : null, { cursor: null, one: "task" });
    if (target !== null) setAsked({ kind: "bulk", verb, target });
  };
  useTaskKeys(
    {
      move: (by) => {
        selection.step(by);
        focus();
      },
      extend: (by) => {
        if (selection.cursor === null) selection.step(by);
        const to = ids[ids.indexOf(selection.cursor ?? "") + by];
        if (to !== undefined) selection.extendTo(to);
        focus();
      },
      open: () => atCursor !== undefined && router.push(taskAddress(atCursor.id)),
      toggle: () => atCursor !== undefined && selection.toggle(atCursor.id, false),
      chooseAll: () => (isMany ? selection.clear() : selection.chooseAll(false)),
      prioritise: (by) => {
        if (isMany) return askBulk("reprioritise");
        if (atCursor !== undefined && canPrioritise(atCursor)) priority.change(atCursor, by);
      },
      cancel: () => {
        if (isMany) return askBulk("cancel");
        if (atCursor !== undefined && canCancel(atCursor)) setAsked({ kind: "cancel", task: atCursor });
      },
      retry: () => {
        if (isMany) return askBulk("retry");
        if (atCursor !== undefined && canRetry(atCursor)) retry.mutate({ taskId: atCursor.id });
      },
      change: () => {
        if (isMany) return askBulk("move");
        if (atCursor !== undefined && canPrioritise(atCursor)) setAsked({ kind: "change", task: atCursor });
      },
      pauseLane: () => {
        const control = atCursor && laneOf(controls, atCursor);
        if (control) setControl(control, { state: control.state === "open" ? "paused" : "open", reason: null });
      },
      add: onAdd,
    },
    canOperate,
  );

  const queues = [...new Set(controls.map(({ queue }) => queue))].sort();
  const lanes = [...new Set(controls.flatMap(({ lane }) => lane ?? []))].sort();
  return (
    <section
      aria-label="Tasks"
      onKeyDown={(event) => {
        if (event.key === "Escape" && asked === null && isMany) selection.clear();
      }}
    >
      <div ref={bar} className="z-20 border-y bg-panel lg:sticky lg:top-0">
        <div className="px-4 py-2.5 lg:px-6">
          <QueueFilters filter={filter} queues={queues} lanes={lanes} onChange={onChange} />
        </div>
        {isMany && (
          <ChoiceBar
            kind="task"
            count={selection.chosen.size}
            isAllMatching={selection.isAllMatching}
            matching={null}
            hasMore={selection.chosen.size === ids.length && hasNextPage}
            words={filterWords(filter)}
            canDo={() => true}
            onAll={() => selection.chooseAll(true)}
            onClear={selection.clear}
            onAct={askBulk}
          />
        )}
        <BulkProgress kind="task" />
      </div>
      <NewPill count={live.changes} one="change" onShow={live.show} />
      <div className="bg-panel">
        <QueryView query={query} skeleton={<TableSkeleton />}>
          {() =>
            isLooking ? (
              <StillLooking>Looking through more tasks…</StillLooking>
            ) : tasks.length === 0 ? (
              <Nothing filter={filter} wider={wider} onChange={onChange} onAdd={canOperate ? onAdd : null} />
            ) : (
              <>
                <TasksTable
                  tasks={tasks}
                  titles={titles}
                  columns={columns}
                  scroller={scroller}
                  coveredPx={coveredPx}
                  selection={selection}
                  focusRequest={focusRequest}
                  onLostFocus={focus}
                  hasQueue={filter.queue === null}
                  canOperate={canOperate}
                  hasMore={hasNextPage}
                  onMore={onMore}
                  priorityOf={priority.shown}
                  onPriority={(task, by) => {
                    selection.moveTo(task.id);
                    priority.change(task, by);
                  }}
                />
                <ListFoot count={tasks.length} one="task" query={query} />
              </>
            )
          }
        </QueryView>
      </div>
      {asked?.kind === "cancel" && <CancelTaskDialog task={asked.task} onClose={() => setAsked(null)} />}
      {asked?.kind === "change" && <ChangeTaskDialog task={asked.task} onClose={() => setAsked(null)} />}
      {asked?.kind === "bulk" && (
        <BulkDialog
          kind="task"
          verb={asked.verb}
          target={asked.target}
          onStarted={selection.clear}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  );
}

/** A task may be on two pages, when its priority changed between them. */
function uniqueTasks(pages: readonly { items: QueueTaskSummary[] }[]): QueueTaskSummary[] {
  return [...new Map(pages.flatMap(({ items }) => items).map((task) => [task.id, task])).values()];
}

/** The lane's own control, where there is one of the task's tenant, else that of all tenants. */
function laneOf(controls: readonly QueueControl[], task: QueueTask): QueueControl | undefined {
  const ofLane = controls.filter(({ queue, lane }) => queue === task.queue && lane === task.lane);
  return ofLane.find(({ tenantId }) => tenantId === task.tenantId) ?? ofLane[0];
}

function useHeight(part: RefObject<HTMLElement | null>): number {
  const [height, setHeight] = useState(0);
  useEffect(() => {
    const element = part.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setHeight(element.offsetHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, [part]);
  return height;
}

type NothingProps = {
  filter: QueueFilter;
  wider: Wider | null;
  onChange: (change: Partial<QueueFilter>) => void;
  onAdd: (() => void) | null;
};

function Nothing({ filter, wider, onChange, onAdd }: NothingProps) {
  if (isFiltered(filter))
    return (
      <NoMatch
        one="task"
        action="Show tasks in every state"
        wider={wider}
        onClear={() => onChange({ ...TASK_QUERY.none, queue: filter.queue, state: "all" })}
      />
    );
  return (
    <EmptyState
      title="Nothing waits"
      action={
        <span className="flex gap-2">
          <Button onClick={() => onChange({ state: "all" })}>Show tasks in every state</Button>
          {onAdd !== null && (
            <Button look="primary" onClick={onAdd}>
              Add a task
            </Button>
          )}
        </span>
      }
    >
      <p>
        A task is work that becomes a run by itself, as soon as its limits allow.{" "}
        <DocLink name="queue">How the queue goes</DocLink>
      </p>
      <p className="mt-2">Programs add them by</p>
      <pre className="mt-1 overflow-x-auto rounded-md border bg-code p-2 text-left text-xs">
        POST /api/v1/queue/tasks {'{"title": "…", "backendProfile": "demo", "payload": {}}'}
      </pre>
    </EmptyState>
  );
}
