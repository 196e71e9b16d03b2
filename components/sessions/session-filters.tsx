"use client";
import { ProfileFilter, useProfiles } from "@/components/backends/profile-filter";
import { QueryBar } from "@/components/query/query-bar";
import { QueryChips } from "@/components/query/query-chips";
import { Button } from "@/components/ui/button";
import { Choices } from "@/components/ui/choices";
import { Select } from "@/components/ui/field";
import { ViewsMenu } from "@/components/views/views-menu";
import { SESSION_QUERY } from "@/contract/query/sessions";
import { SESSION_LIST_STATES, STORAGE_KINDS } from "@/contract/words";
import { isFiltered, type SessionFilter } from "./filter";

const STATE_NAMES: Record<SessionFilter["state"], string> = {
  default: "Recent",
  running: "Running",
  idle: "Idle",
  terminal: "Ended",
  unread: "Unread",
  all: "All",
};

type SessionFiltersProps = { filter: SessionFilter; onChange: (change: Partial<SessionFilter> | null) => void };

/** What narrows the list; all of it stands in the address. */
export function SessionFilters({ filter, onChange }: SessionFiltersProps) {
  const profiles = useProfiles();
  return (
    <search className="flex flex-wrap items-center gap-2">
      <QueryBar
        page={SESSION_QUERY}
        filter={filter}
        label="Search sessions"
        placeholder="Title or id, or state:running age<2h"
        known={{ profile: profiles }}
        onChange={onChange}
      />
      <ViewsMenu page={SESSION_QUERY} filter={filter} onChange={onChange} />
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
          <option key={kind}>{kind}</option>
        ))}
      </Select>
      {isFiltered(filter) && (
        <Button look="ghost" size="sm" onClick={() => onChange(null)}>
          Clear
        </Button>
      )}
      <QueryChips page={SESSION_QUERY} filter={filter} onChange={onChange} />
    </search>
  );
}
