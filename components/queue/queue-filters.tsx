"use client";
import type { ReactNode } from "react";
import { ListSearch } from "@/components/query/list-search";
import type { SeenRows } from "@/components/query/suggestions";
import { Choices } from "@/components/ui/form/choices";
import { Select } from "@/components/ui/form/field";
import { revealHidden } from "@/components/ui/hidden-characters";
import { TASK_QUERY } from "@/contract/query/tasks";
import { isFiltered, type QueueFilter, TASK_LIST_STATES } from "./filter";

const STATE_NAMES: Record<QueueFilter["state"], string> = {
  pending: "Waiting",
  dispatched: "Starting",
  running: "Running",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
  all: "All",
};

type QueueFiltersProps = {
  filter: QueueFilter;
  queues: readonly string[];
  lanes: readonly string[];
  rows: SeenRows | undefined;
  hasStates: boolean;
  hasColumns: boolean;
  layoutSwitch: ReactNode;
  onChange: (change: Partial<QueueFilter> | null) => void;
};

/** What narrows the tasks; all of it stands in the address. */
export function QueueFilters(props: QueueFiltersProps) {
  const { filter, queues, lanes, rows, hasStates, hasColumns, layoutSwitch, onChange } = props;
  const isKnown = filter.lane === null || lanes.includes(filter.lane);
  return (
    <ListSearch
      page={TASK_QUERY}
      filter={filter}
      label="Search tasks"
      placeholder="Title or ID, or lane:fast age>2h"
      knownValues={{ lane: lanes, queue: queues }}
      rows={rows}
      hasColumns={hasColumns}
      onChange={onChange}
      isFiltered={isFiltered(filter)}
      onClear={() => onChange({ ...TASK_QUERY.none, queue: filter.queue })}
    >
      {hasStates && (
        <Choices
          label="State"
          values={TASK_LIST_STATES}
          names={STATE_NAMES}
          value={filter.state}
          onChange={(state) => onChange({ state })}
        />
      )}
      <Select
        aria-label="Lane"
        className="w-auto max-w-48"
        value={filter.lane ?? ""}
        onChange={(event) => onChange({ lane: event.target.value || null })}
      >
        <option value="">Any lane</option>
        {!isKnown && <option value={filter.lane ?? ""}>{revealHidden(filter.lane)}</option>}
        {lanes.map((lane) => (
          <option key={lane} value={lane}>
            {revealHidden(lane)}
          </option>
        ))}
      </Select>
      {layoutSwitch}
    </ListSearch>
  );
}
