"use client";
import { ProfileFilter, useProfiles } from "@/components/backends/profile-filter";
import { ListSearch } from "@/components/query/list-search";
import { Select } from "@/components/ui/form/field";
import { TimeRangeSelect } from "@/components/ui/time/time-range-select";
import { RUN_QUERY } from "@/contract/query/runs";
import { RUN_OUTCOMES, RUN_STATUSES, type RunStatus } from "@/contract/words";
import { isFiltered, type RunFilter } from "./filter";

const STATUS_NAMES: Record<RunStatus, string> = {
  pending: "Waiting",
  claimed: "Running",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};
/** What tells outcomes from the statuses that have the same words. */
const OUTCOME = "outcome:";

type RunFiltersProps = {
  filter: RunFilter;
  onChange: (change: Partial<RunFilter> | null) => void;
};

/** What narrows the runs; all of it stands in the address. */
export function RunFilters({ filter, onChange }: RunFiltersProps) {
  const profiles = useProfiles();
  return (
    <ListSearch
      page={RUN_QUERY}
      filter={filter}
      label="Search runs"
      placeholder="Search by ID, or outcome:failed"
      knownValues={{ profile: profiles }}
      onChange={onChange}
      isFiltered={isFiltered(filter)}
      onClear={() => onChange(null)}
    >
      <Select
        aria-label="State"
        className="w-auto"
        value={filter.status ?? (filter.outcome === null ? "" : `${OUTCOME}${filter.outcome}`)}
        onChange={({ target: { value } }) =>
          onChange({
            status: RUN_STATUSES.find((option) => option === value) ?? null,
            outcome: RUN_OUTCOMES.find((option) => `${OUTCOME}${option}` === value) ?? null,
          })
        }
      >
        <option value="">Any state</option>
        {RUN_STATUSES.map((status) => (
          <option key={status} value={status}>
            {STATUS_NAMES[status]}
          </option>
        ))}
        <option value={`${OUTCOME}failed`}>Failed runs and turns</option>
        <option value={`${OUTCOME}turn-failed`}>Completed, turn failed</option>
      </Select>
      <ProfileFilter value={filter.profile} onChange={(profile) => onChange({ profile })} />
      <TimeRangeSelect range={filter} onChange={onChange} />
    </ListSearch>
  );
}
