"use client";
import { ProfileFilter } from "@/components/backends/profile-filter";
import { Button } from "@/components/ui/button";
import { Chip } from "@/components/ui/chip";
import { Select } from "@/components/ui/field";
import { shortenId } from "@/components/ui/format";
import { SearchBox } from "@/components/ui/search-box";
import { TimeRangeSelect } from "@/components/ui/time-range-select";
import { RUN_STATUSES } from "@/contract/words";
import { isFiltered, type RunFilter } from "./filter";

type RunFiltersProps = {
  filter: RunFilter;
  onChange: (change: Partial<RunFilter> | null) => void;
};

/** What narrows the runs; all of it stands in the address. */
export function RunFilters({ filter, onChange }: RunFiltersProps) {
  return (
    <search className="flex flex-wrap items-center gap-2">
      <SearchBox
        label="Search runs"
        placeholder="Id of a run, session or task"
        value={filter.search}
        onChange={(search) => onChange({ search })}
      />
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
      <TimeRangeSelect range={filter} onChange={({ within, since, until }) => onChange({ within, since, until })} />
      {filter.failure !== null && (
        <Chip name="failure" value={filter.failure} onRemove={() => onChange({ failure: null })} />
      )}
      {filter.session !== null && (
        <Chip name="session" value={shortenId(filter.session)} onRemove={() => onChange({ session: null })} />
      )}
      {filter.task !== null && (
        <Chip name="task" value={shortenId(filter.task)} onRemove={() => onChange({ task: null })} />
      )}
      {isFiltered(filter) && (
        <Button look="ghost" size="sm" onClick={() => onChange(null)}>
          Clear
        </Button>
      )}
    </search>
  );
}
