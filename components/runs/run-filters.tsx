"use client";
import { ProfileFilter, useProfiles } from "@/components/backends/profile-filter";
import { ListSearch } from "@/components/query/list-search";
import { Select } from "@/components/ui/field";
import { TimeRangeSelect } from "@/components/ui/time-range-select";
import { RUN_QUERY } from "@/contract/query/runs";
import { RUN_STATUSES } from "@/contract/words";
import { isFiltered, type RunFilter } from "./filter";

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
      placeholder="Id of a run, session or task, or status:failed"
      known={{ profile: profiles }}
      onChange={onChange}
      isFiltered={isFiltered(filter)}
      onClear={() => onChange(null)}
    >
      <Select
        aria-label="Status"
        className="w-auto"
        value={filter.status ?? ""}
        onChange={(event) => onChange({ status: RUN_STATUSES.find((known) => known === event.target.value) ?? null })}
      >
        <option value="">Any status</option>
        {RUN_STATUSES.map((status) => (
          <option key={status}>{status}</option>
        ))}
      </Select>
      <ProfileFilter value={filter.profile} onChange={(profile) => onChange({ profile })} />
      <TimeRangeSelect range={filter} onChange={onChange} />
    </ListSearch>
  );
}
