"use client";
import { ProfileFilter, useProfiles } from "@/components/backends/profile-filter";
import { ListSearch } from "@/components/query/list-search";
import { Select } from "@/components/ui/form/field";
import { revealHidden } from "@/components/ui/hidden-characters";
import { RUNNER_QUERY } from "@/contract/query/runners";
import { isFiltered, type RunnerFilter, SHOWN_STATES, type ShownState, shownState } from "./filter";

type RunnerFiltersProps = {
  filter: RunnerFilter;
  /** Where living runners are. */
  placements: readonly string[];
  onChange: (change: Partial<RunnerFilter> | null) => void;
};

const STATE_NAMES: Partial<Record<ShownState, string>> = { living: "Live", all: "All, including ended" };

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
      knownValues={{ profile: profiles, place: placements }}
      onChange={onChange}
      isFiltered={isFiltered(filter)}
      onClear={() => onChange(null)}
    >
      <Select
        aria-label="State"
        className="w-auto"
        value={shownState(filter)}
        onChange={(event) => onChange({ state: SHOWN_STATES.find((option) => option === event.target.value) ?? null })}
      >
        {SHOWN_STATES.map((state) => (
          <option key={state} value={state}>
            {STATE_NAMES[state] ?? state}
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
          {(isKnown ? placements : [...placements, placement]).map((option) => (
            <option key={option} value={option ?? ""}>
              {revealHidden(option)}
            </option>
          ))}
        </Select>
      )}
    </ListSearch>
  );
}
