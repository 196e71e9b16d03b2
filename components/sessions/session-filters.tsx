"use client";
import { X } from "lucide-react";
import { ProfileFilter } from "@/components/backends/profile-filter";
import { Button } from "@/components/ui/button";
import { Choices } from "@/components/ui/choices";
import { Select } from "@/components/ui/field";
import { SearchBox } from "@/components/ui/search-box";
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
  return (
    <search className="flex flex-wrap items-center gap-2">
      <SearchBox
        label="Search sessions"
        placeholder="Title or id"
        value={filter.search}
        onChange={(search) => onChange({ search })}
      />
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
      {filter.project !== null && (
        <Button size="sm" onClick={() => onChange({ project: null })}>
          project: {filter.project} <X aria-hidden className="size-3" />
        </Button>
      )}
      {isFiltered(filter) && (
        <Button look="ghost" size="sm" onClick={() => onChange(null)}>
          Clear
        </Button>
      )}
    </search>
  );
}
