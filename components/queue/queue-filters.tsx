"use client";
import { X } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Choices } from "@/components/ui/choices";
import { Select } from "@/components/ui/field";
import { SearchBox } from "@/components/ui/search-box";
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
  lanes: readonly string[];
  onChange: (change: Partial<QueueFilter> | null) => void;
};

/** What narrows the tasks; all of it stands in the address. */
export function QueueFilters({ filter, lanes, onChange }: QueueFiltersProps) {
  const isKnown = filter.lane === null || lanes.includes(filter.lane);
  return (
    <search className="flex flex-wrap items-center gap-2">
      <SearchBox
        label="Search tasks"
        placeholder="Title or id"
        value={filter.search}
        onChange={(search) => onChange({ search })}
      />
      <Choices
        label="State"
        values={TASK_LIST_STATES}
        names={STATE_NAMES}
        value={filter.state}
        onChange={(state) => onChange({ state })}
      />
      <Select
        aria-label="Lane"
        className="w-auto max-w-48"
        value={filter.lane ?? ""}
        onChange={(event) => onChange({ lane: event.target.value || null })}
      >
        <option value="">Any lane</option>
        {!isKnown && <option>{filter.lane}</option>}
        {lanes.map((lane) => (
          <option key={lane}>{lane}</option>
        ))}
      </Select>
      {filter.queue !== null && (
        <Button size="sm" onClick={() => onChange({ queue: null, lane: null })}>
          queue: {filter.queue} <X aria-hidden className="size-3" />
        </Button>
      )}
      {isFiltered(filter) && (
        <Button look="ghost" size="sm" onClick={() => onChange({ lane: null, search: "", state: "pending" })}>
          Clear
        </Button>
      )}
    </search>
  );
}
