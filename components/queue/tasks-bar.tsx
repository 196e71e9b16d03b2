"use client";
import type { ReactNode, Ref } from "react";
import type { SeenRows } from "@/components/query/suggestions";
import type { QueueControl } from "@/contract/queue-control";
import type { QueueFilter } from "./filter";
import { QueueFilters } from "./queue-filters";

type TasksBarProps = {
  ref?: Ref<HTMLDivElement>;
  filter: QueueFilter;
  controls: readonly QueueControl[];
  rows?: SeenRows;
  /** Whether a state is chosen here; on a board by state the columns are the states. */
  hasStates: boolean;
  /** Whether the tasks are rows, which have columns. */
  hasColumns: boolean;
  layoutSwitch: ReactNode;
  onChange: (change: Partial<QueueFilter> | null) => void;
  /** What is done to those that are chosen. */
  children: ReactNode;
};

/** What stays above the tasks: what narrows them, how they are shown, and what is done to many. */
export function TasksBar(props: TasksBarProps) {
  const { ref, filter, controls, rows, hasStates, hasColumns, layoutSwitch, onChange, children } = props;
  const queues = [...new Set(controls.map(({ queue }) => queue))].sort();
  const lanes = [...new Set(controls.flatMap(({ lane }) => lane ?? []))].sort();
  return (
    <div ref={ref} className="z-20 border-y bg-panel lg:sticky lg:top-0">
      <div className="px-4 py-2.5 lg:px-6">
        <QueueFilters {...{ filter, queues, lanes, rows, hasStates, hasColumns, layoutSwitch, onChange }} />
      </div>
      {children}
    </div>
  );
}
