"use client";
import { ListSearch } from "@/components/query/list-search";
import { Select } from "@/components/ui/field";
import { STORAGE_QUERY } from "@/contract/query/storage";
import type { StorageTotals } from "@/contract/storage";
import { STORAGE_KINDS, STORAGE_SORTS, STORAGE_STATES } from "@/contract/words";
import { isFiltered, type StorageFilter } from "./filter";

const SORT_NAMES: Record<StorageFilter["sort"], string> = {
  updatedAt: "Newest first",
  sizeBytes: "Largest first",
  expiresAt: "Expiring first",
};

const NO_PRESET = { expires: null, attached: null, healthy: null, archive: null, larger: null };
/** What is looked for often; any of it can be typed together. */
const PRESETS: { name: string; is: Partial<StorageFilter> }[] = [
  { name: "Expires within a day", is: { expires: 24 } },
  { name: "Not in use", is: { attached: false } },
  { name: "Unhealthy", is: { healthy: false } },
  { name: "Archive behind", is: { archive: "behind" } },
  { name: "Larger than 1 GiB", is: { larger: "1GiB" } },
];

function isPreset(filter: StorageFilter, is: Partial<StorageFilter>): boolean {
  const wanted = { ...NO_PRESET, ...is };
  return (Object.keys(NO_PRESET) as (keyof typeof NO_PRESET)[]).every((key) => filter[key] === wanted[key]);
}

type FiltersProps = {
  filter: StorageFilter;
  states: StorageTotals["states"];
  onChange: (change: Partial<StorageFilter> | null) => void;
};

/** What narrows and orders the list; all of it stands in the address. */
export function StorageFilters({ filter, states, onChange }: FiltersProps) {
  const countOf = (state: string) => states.find((known) => known.storageState === state)?.volumes ?? 0;
  return (
    <ListSearch
      page={STORAGE_QUERY}
      filter={filter}
      label="Search volumes"
      placeholder="Title, ID or volume, or pinned:yes"
      onChange={onChange}
      isFiltered={isFiltered(filter)}
      onClear={() => onChange(null)}
    >
      <Select
        aria-label="State"
        className="w-auto"
        value={filter.state ?? ""}
        onChange={(event) => onChange({ state: STORAGE_STATES.find((known) => known === event.target.value) ?? null })}
      >
        <option value="">Any state</option>
        {STORAGE_STATES.map((known) => (
          <option key={known} value={known}>
            {known} ({countOf(known)})
          </option>
        ))}
      </Select>
      <Select
        aria-label="Kind"
        className="w-auto"
        value={filter.kind ?? ""}
        onChange={(event) => onChange({ kind: STORAGE_KINDS.find((known) => known === event.target.value) ?? null })}
      >
        <option value="">Any kind</option>
        {STORAGE_KINDS.map((known) => (
          <option key={known}>{known}</option>
        ))}
      </Select>
      <Select
        aria-label="Only"
        className="w-auto"
        value={PRESETS.find(({ is }) => isPreset(filter, is))?.name ?? ""}
        onChange={(event) => onChange({ ...NO_PRESET, ...PRESETS.find(({ name }) => name === event.target.value)?.is })}
      >
        <option value="">All volumes</option>
        {PRESETS.map(({ name }) => (
          <option key={name}>{name}</option>
        ))}
      </Select>
      <Select
        aria-label="Order"
        className="w-auto"
        value={filter.sort}
        onChange={(event) => onChange({ sort: STORAGE_SORTS.find((known) => known === event.target.value) })}
      >
        {STORAGE_SORTS.map((known) => (
          <option key={known} value={known}>
            {SORT_NAMES[known]}
          </option>
        ))}
      </Select>
    </ListSearch>
  );
}
