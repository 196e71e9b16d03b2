"use client";
import { ListSearch } from "@/components/query/list-search";
import { Select } from "@/components/ui/form/field";
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
const PRESETS: { name: string; preset: Partial<StorageFilter> }[] = [
  { name: "Expires within a day", preset: { expires: 24 } },
  { name: "Not in use", preset: { attached: false } },
  { name: "Unhealthy", preset: { healthy: false } },
  { name: "Archive behind", preset: { archive: "behind" } },
  { name: "Larger than 1 GiB", preset: { larger: "1GiB" } },
];

function isPreset(filter: StorageFilter, preset: Partial<StorageFilter>): boolean {
  const presetFilter = { ...NO_PRESET, ...preset };
  return (Object.keys(NO_PRESET) as (keyof typeof NO_PRESET)[]).every((key) => filter[key] === presetFilter[key]);
}

type FiltersProps = {
  filter: StorageFilter;
  states: StorageTotals["states"];
  onChange: (change: Partial<StorageFilter> | null) => void;
};

/** What narrows and orders the list; all of it stands in the address. */
export function StorageFilters({ filter, states, onChange }: FiltersProps) {
  const countOf = (state: string) => states.find((option) => option.storageState === state)?.volumes ?? 0;
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
        onChange={(event) =>
          onChange({ state: STORAGE_STATES.find((option) => option === event.target.value) ?? null })
        }
      >
        <option value="">Any state</option>
        {STORAGE_STATES.map((option) => (
          <option key={option} value={option}>
            {option} ({countOf(option)})
          </option>
        ))}
      </Select>
      <Select
        aria-label="Kind"
        className="w-auto"
        value={filter.kind ?? ""}
        onChange={(event) => onChange({ kind: STORAGE_KINDS.find((option) => option === event.target.value) ?? null })}
      >
        <option value="">Any kind</option>
        {STORAGE_KINDS.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </Select>
      <Select
        aria-label="Only"
        className="w-auto"
        value={PRESETS.find(({ preset }) => isPreset(filter, preset))?.name ?? ""}
        onChange={(event) =>
          onChange({ ...NO_PRESET, ...PRESETS.find(({ name }) => name === event.target.value)?.preset })
        }
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
        onChange={(event) => onChange({ sort: STORAGE_SORTS.find((option) => option === event.target.value) })}
      >
        {STORAGE_SORTS.map((option) => (
          <option key={option} value={option}>
            {SORT_NAMES[option]}
          </option>
        ))}
      </Select>
    </ListSearch>
  );
}
