"use client";
import { ProfileFilter, useProfiles } from "@/components/backends/profile-filter";
import { ListSearch } from "@/components/query/list-search";
import { Select } from "@/components/ui/field";
import { showTricks } from "@/components/ui/hidden-text";
import { RUNNER_QUERY } from "@/contract/query/runners";
import { isFiltered, type RunnerFilter, SHOWN_STATES, type ShownState, shownState } from "./filter";

type RunnerFiltersProps = {
  filter: RunnerFilter;
  /** Where living runners are. */
  placements: readonly string[];
  onChange: (change: Partial<RunnerFilter> | null) => void;
};

const NAMES: Partial<Record<ShownState, string>> = { living: "Live", all: "All, including ended" };

/** What narrows the runners; all of it stands in the address. */
export function RunnerFilters({ filter, placements, onChange }: RunnerFiltersProps) {
  const profiles = useProfiles();
  const { placement } = filter;
  const isKnown = placement === null || placements.includes(placement);
  return (
    <ListSearch
      page={RUNNER_QUERY}
      filter={filter}
      label="Search runners"
      placeholder="Search by ID, or skew:build"
      known={{ profile: profiles, place: placements }}
      onChange={onChange}
      isFiltered={isFiltered(filter)}
      onClear={() => onChange(null)}
    >
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
          <option value="">Any placement</option>
          {(isKnown ? placements : [...placements, placement]).map((known) => (
            <option key={known} value={known ?? ""}>
              {showTricks(known)}
            </option>
          ))}
        </Select>
      )}
    </ListSearch>
  );
}
