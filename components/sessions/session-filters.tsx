"use client";
import { ProfileFilter, useProfiles } from "@/components/backends/profile-filter";
import { ListSearch } from "@/components/query/list-search";
import type { SeenRows } from "@/components/query/suggestions";
import { Choices } from "@/components/ui/form/choices";
import { Select } from "@/components/ui/form/field";
import type { QueryPage } from "@/contract/query/page";
import { SESSION_LIST_STATES, STORAGE_KINDS } from "@/contract/words";
import { isFiltered, type SessionFilter } from "./filter";

const STATE_NAMES: Record<SessionFilter["state"], string> = {
  default: "Recent",
  "needs-me": "Needs me",
  running: "Running",
  idle: "Idle",
  terminal: "Ended",
  unread: "Unread",
  all: "All",
};

const STORAGE_NAMES: Record<(typeof STORAGE_KINDS)[number], string> = {
  none: "No volume",
  pvc: "Volume",
  evicted: "Evicted",
};

type SessionFiltersProps = {
  page: QueryPage<SessionFilter>;
  filter: SessionFilter;
  rows: SeenRows;
  onChange: (change: Partial<SessionFilter> | null) => void;
};

/** What narrows the list; all of it stands in the address. */
export function SessionFilters({ page, filter, rows, onChange }: SessionFiltersProps) {
  const profiles = useProfiles();
  return (
    <ListSearch
      page={page}
      filter={filter}
      label="Search sessions"
      placeholder="Title or ID, or state:running age<2h"
      knownValues={{ profile: profiles }}
      rows={rows}
      onChange={onChange}
      isFiltered={isFiltered(filter)}
      onClear={() => onChange(null)}
    >
      <Choices
        label="State"
        values={SESSION_LIST_STATES}
        names={STATE_NAMES}
        value={filter.state}
        onChange={(state) => onChange({ state })}
      />
      <ProfileFilter value={filter.profile} onChange={(profile) => onChange({ profile })} />
      <Select
        aria-label="Storage"
        className="w-auto"
        value={filter.storage ?? ""}
        onChange={(event) => onChange({ storage: STORAGE_KINDS.find((kind) => kind === event.target.value) ?? null })}
      >
        <option value="">Any storage</option>
        {STORAGE_KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {STORAGE_NAMES[kind]}
          </option>
        ))}
      </Select>
    </ListSearch>
  );
}
