"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { parseAsBoolean, parseAsString, useQueryState, useQueryStates } from "nuqs";
import { useRef } from "react";
import { PeekSpace } from "@/components/peek/peek-space";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { queueCommander, queueControls } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { Choices } from "@/components/ui/choices";
import { Select } from "@/components/ui/field";
import { showTricks } from "@/components/ui/hidden-text";
import { PageHeader, Panel, TableSkeleton } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { BOARD_PARAMS, GROUPINGS, LOOKS, QUEUE_FILTERS, type QueueFilter, scopeInput } from "./filter";
import { TasksSection } from "./tasks-section";
import { Tiles } from "./tiles";

// Most of the time nothing needs a person.
const Attention = dynamic(() => import("./attention").then((module) => module.Attention));
// A queue is there as soon as it has a task.
const LanesTable = dynamic(() => import("./lanes-table").then((module) => module.LanesTable));
const BoardSection = dynamic(() => import("./board-section").then((module) => module.BoardSection), {
  ssr: false,
  loading: () => <TableSkeleton />,
});
const AddTaskDialog = dynamic(() => import("./add-task-dialog").then((module) => module.AddTaskDialog), { ssr: false });
const Pictures = dynamic(() => import("./pictures").then((module) => module.Pictures), {
  ssr: false,
  // As high as they will be, so that nothing below them moves.
  loading: () => <div className="min-h-276 lg:min-h-146 2xl:min-h-80" />,
});

const LOOK_NAMES = { table: "Table", board: "Board" };
const GROUPING_NAMES = { state: "By state", lane: "By lane" };

/** The queue: what needs a person, how it stands, its lanes, how it came to this, and the tasks. */
export function QueueView() {
  const trpc = useTRPC();
  const canOperate = useCanOperate();
  const [filter, setFilter] = useQueryStates(QUEUE_FILTERS, { history: "replace" });
  const [{ as, by }, setLook] = useQueryStates(BOARD_PARAMS, { history: "replace" });
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
  const onAdd = () => void setIsAdding(true);
  const look = (
    <>
      <Choices label="Shown as" values={LOOKS} names={LOOK_NAMES} value={as} onChange={(as) => void setLook({ as })} />
      {as === "board" && (
        <Choices
          label="Columns"
          values={GROUPINGS}
          names={GROUPING_NAMES}
          value={by}
          onChange={(by) => void setLook({ by })}
        />
      )}
    </>
  );
  // A board is looked at first; rows are many, and stand below.
  const lanes = (
    <>
      {controls.length === 0 ? (
        <Panel title="Queues and lanes">
          <p className="p-6 text-center text-sm text-ink-3">Queues appear with their first task</p>
        </Panel>
      ) : (
        <LanesTable
          queue={filter.queue}
          controls={controls}
          onChoose={({ queue, lane }) => onChange({ queue, lane, state: filter.state })}
        />
      )}
      <Pictures filter={filter} />
    </>
  );
  // Of a board by state every state is shown, unless one is chosen.
  const isWholeBoard = as === "board" && by === "state" && filter.state === "pending";
  const tasks = { filter, controls: all, active: commander.data?.active ?? [], look, onChange, onAdd };
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Queue"
        description="Work that becomes runs by itself, within its limits; and why the rest waits."
        actions={
          <>
            <QueueSelect queues={[...new Set(all.map(({ queue }) => queue))]} filter={filter} onChange={onChange} />
            {canOperate && (
              <Button look="primary" onClick={onAdd}>
                <Plus aria-hidden className="size-4" /> Add task
              </Button>
            )}
          </>
        }
      />
      <PeekSpace>
        <div ref={scroller} className="scroll-thin relative min-h-0 min-w-0 flex-1 overflow-y-auto">
          <div className="flex flex-col gap-4 p-4 lg:p-6">
            <QueryView query={commander} skeleton={<TableSkeleton rows={3} />}>
              {(data) => (
                <>
                  {data.attention.length > 0 && <Attention items={data.attention} counts={data.attentionCounts} />}
                  <Tiles
                    commander={data}
                    filter={isWholeBoard ? { ...filter, state: "all" } : filter}
                    onChange={onChange}
                  />
                </>
              )}
            </QueryView>
            {as === "table" && lanes}
          </div>
          {as === "table" ? (
            <TasksSection {...tasks} scroller={scroller} />
          ) : (
            <>
              <BoardSection
                {...tasks}
                {...{ by, column }}
                onColumn={(column) => void setColumn(column)}
                onTable={(change) => {
                  onChange(change);
                  void setLook({ as: "table" });
                }}
              />
              <div className="flex flex-col gap-4 p-4 lg:p-6">{lanes}</div>
            </>
          )}
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
      {!isKnown && <option value={filter.queue ?? ""}>{showTricks(filter.queue)}</option>}
      {queues.map((queue) => (
        <option key={queue}>{queue}</option>
      ))}
    </Select>
  );
}
