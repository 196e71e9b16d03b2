"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { createSerializer, parseAsBoolean, parseAsString, useQueryState, useQueryStates } from "nuqs";
import { useRef } from "react";
import { PeekSpace } from "@/components/peek/peek-space";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { queueCommander, queueControls } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { Choices } from "@/components/ui/form/choices";
import { Select } from "@/components/ui/form/field";
import { revealHidden } from "@/components/ui/hidden-characters";
import { PageHeader, TableSkeleton } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { TabLinks } from "@/components/ui/tabs";
import {
  BOARD_PARAMS,
  GROUPINGS,
  LAYOUTS,
  QUEUE_FILTERS,
  QUEUE_TABS,
  type QueueFilter,
  type QueueTab,
  scopeInput,
  TAB_PARAMS,
} from "./filter";
import { TasksSection } from "./tasks-section";
import { Tiles } from "./tiles";

// Most of the time nothing needs a person.
const Attention = dynamic(() => import("./attention").then((module) => module.Attention));
const BoardSection = dynamic(
  () => import("@/components/queue/board/board-section").then((module) => module.BoardSection),
  {
    ssr: false,
    loading: () => <TableSkeleton />,
  },
);
const AddTaskDialog = dynamic(
  () => import("@/components/queue/add/add-task-dialog").then((module) => module.AddTaskDialog),
  { ssr: false },
);
// The page opens with its tasks: what stands behind its other tabs is loaded with them.
const LanesTable = dynamic(() => import("@/components/queue/lanes/lanes-table").then((module) => module.LanesTable), {
  loading: () => <TableSkeleton />,
});
const Pictures = dynamic(() => import("@/components/queue/charts/queue-charts").then((module) => module.QueueCharts), {
  ssr: false,
  loading: () => <TableSkeleton rows={3} />,
});

const LAYOUT_NAMES = { table: "Table", board: "Board" };
const GROUPING_NAMES = { state: "By state", lane: "By lane" };
const TAB_NAMES: Record<QueueTab, string> = { tasks: "Tasks", lanes: "Lanes", charts: "Charts" };
const serializeAddress = createSerializer({ ...QUEUE_FILTERS, ...BOARD_PARAMS, ...TAB_PARAMS });

/** The queue: how it stands, and its tasks, its lanes or its charts. */
export function QueueView() {
  const trpc = useTRPC();
  const canOperate = useCanOperate();
  const [filter, setFilter] = useQueryStates(QUEUE_FILTERS, { history: "replace" });
  const [{ as, by }, setLayout] = useQueryStates(BOARD_PARAMS, { history: "replace" });
  const [{ view }, setView] = useQueryStates(TAB_PARAMS, { history: "push" });
  const [column, setColumn] = useQueryState("column", parseAsString);
  const [isAdding, setIsAdding] = useQueryState("new", parseAsBoolean.withDefault(false));
  const scroller = useRef<HTMLDivElement>(null);
  const commander = useQuery({
    ...queueCommander(trpc, scopeInput(filter)),
    placeholderData: (data) => data,
  });
  const all = useQuery(queueControls(trpc)).data?.items ?? [];
  const controls = all.filter(({ queue }) => filter.queue === null || queue === filter.queue);
  const onChange = (change: Partial<QueueFilter> | null) => void setFilter(change);
  // Where the tasks are not shown, what narrows them shows them.
  const onNarrow = (change: Partial<QueueFilter>) => {
    onChange(change);
    if (view !== "tasks") void setView({ view: "tasks" });
  };
  const onAdd = () => void setIsAdding(true);
  const layoutSwitch = (
    <>
      <Choices
        label="Layout"
        values={LAYOUTS}
        names={LAYOUT_NAMES}
        value={as}
        onChange={(as) => void setLayout({ as })}
      />
      {as === "board" && (
        <Choices
          label="Group by"
          values={GROUPINGS}
          names={GROUPING_NAMES}
          value={by}
          onChange={(by) => void setLayout({ by })}
        />
      )}
    </>
  );
  // Of a board by state every state is shown, unless one is chosen.
  const isWholeBoard = as === "board" && by === "state" && filter.state === "pending";
  const tasks = { filter, controls: all, active: commander.data?.active ?? [], layoutSwitch, onChange, onAdd };
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Queue"
        description="Tasks start as runs when their limits allow."
        actions={
          <>
            <QueueSelect queues={[...new Set(all.map(({ queue }) => queue))]} filter={filter} onChange={onChange} />
            {canOperate && (
              <Button variant="primary" onClick={onAdd}>
                <Plus aria-hidden className="size-4" /> Add task
              </Button>
            )}
          </>
        }
      />
      <TabLinks
        label="Queue"
        tabs={QUEUE_TABS.map((tab) => ({
          key: tab,
          name: TAB_NAMES[tab],
          href: serializeAddress("/queue", { ...filter, as, by, view: tab }),
        }))}
        current={view}
      />
      <PeekSpace>
        <div ref={scroller} className="scroll-thin relative min-h-0 min-w-0 flex-1 overflow-y-auto">
          <div className="flex flex-col gap-4 p-4 lg:p-6">
            <QueryView query={commander} skeleton={<TableSkeleton rows={3} />}>
              {(data) => (
                <>
                  <Tiles
                    commander={data}
                    filter={isWholeBoard ? { ...filter, state: "all" } : filter}
                    isNarrowing={view === "tasks"}
                    onChange={onNarrow}
                  />
                  {view === "tasks" && data.attention.length > 0 && (
                    <Attention items={data.attention} counts={data.attentionCounts} />
                  )}
                </>
              )}
            </QueryView>
            {view === "lanes" && (
              <LanesTable
                queue={filter.queue}
                controls={controls}
                onChoose={({ queue, lane }) => onNarrow({ queue, lane, state: filter.state })}
              />
            )}
            {view === "charts" && <Pictures filter={filter} />}
          </div>
          {view === "tasks" &&
            (as === "table" ? (
              <TasksSection {...tasks} scroller={scroller} />
            ) : (
              <BoardSection
                {...tasks}
                {...{ by, column }}
                onColumn={(column) => void setColumn(column)}
                onTable={(change) => {
                  onChange(change);
                  void setLayout({ as: "table" });
                }}
              />
            ))}
        </div>
      </PeekSpace>
      {isAdding && canOperate && <AddTaskDialog queue={filter.queue} onClose={() => void setIsAdding(null)} />}
    </div>
  );
}

type QueueSelectProps = {
  queues: readonly string[];
  filter: QueueFilter;
  onChange: (change: Partial<QueueFilter>) => void;
};

function QueueSelect({ queues, filter, onChange }: QueueSelectProps) {
  const isKnown = filter.queue === null || queues.includes(filter.queue);
  return (
    <Select
      aria-label="Queue"
      className="w-auto max-w-48"
      value={filter.queue ?? ""}
      onChange={(event) => onChange({ queue: event.target.value || null, lane: null })}
    >
      <option value="">All queues</option>
      {!isKnown && <option value={filter.queue ?? ""}>{revealHidden(filter.queue)}</option>}
      {queues.map((queue) => (
        <option key={queue}>{queue}</option>
      ))}
    </Select>
  );
}
