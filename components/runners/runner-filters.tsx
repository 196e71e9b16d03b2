"use client";
import { ProfileFilter } from "@/components/backends/profile-filter";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/field";
import { SearchBox } from "@/components/ui/search-box";
import { isFiltered, type RunnerFilter, SHOWN_STATES, type ShownState, shownState } from "./filter";

type RunnerFiltersProps = {
  filter: RunnerFilter;
  /** Where living runners are. */
  placements: readonly string[];
  onChange: (change: Partial<RunnerFilter> | null) => void;
};

const NAMES: Partial<Record<ShownState, string>> = { living: "Living", all: "All, ended too" };

/** What narrows the runners; all of it stands in the address. */
export function RunnerFilters({ filter, placements, onChange }: RunnerFiltersProps) {
  const { placement } = filter;
  const isKnown = placement === null || placements.includes(placement);
  return (
    <search className="flex flex-wrap items-center gap-2">
      <SearchBox
        label="Search runners"
        placeholder="Id of a runner, run or session"
        value={filter.search}
        onChange={(search) => onChange({ search })}
      />
      <Select
        aria-label="State"
        className="w-auto"
        value={shownState(filter)}
        onChange={(event) => onChange({ state: SHOWN_STATES.find((known) => known === event.target.value) ?? null })}
      >
        {SHOWN_STATES.map((state) => (
          <option key={state} value={state}>
            {NAMES[state] ?? state}
          </option>
        ))}
      </Select>
      <ProfileFilter value={filter.profile} onChange={(profile) => onChange({ profile })} />
      {(placements.length > 1 || placement !== null) && (
        <Select
          aria-label="Place"
          className="w-auto max-w-48"
          value={placement ?? ""}
          onChange={(event) => onChange({ placement: event.target.value || null })}
        >
          <option value="">Any place</option>
          {(isKnown ? placements : [...placements, placement]).map((known) => (
            <option key={known}>{known}</option>
          ))}
        </Select>
      )}
      {isFiltered(filter) && (
        <Button look="ghost" size="sm" onClick={() => onChange(null)}>
          Clear
        </Button>
      )}
    </search>
  );
}
