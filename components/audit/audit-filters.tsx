"use client";
import { ListSearch } from "@/components/query/list-search";
import { Select } from "@/components/ui/field";
import { TimeRangeSelect } from "@/components/ui/time-range-select";
import { AUDIT_QUERY } from "@/contract/query/audit";
import { AUDIT_TARGETS } from "@/contract/words";
import { type AuditFilter, isFiltered } from "./filter";

type AuditFiltersProps = { filter: AuditFilter; onChange: (change: Partial<AuditFilter> | null) => void };

/** What narrows the rows; all of it stands in the address. */
export function AuditFilters({ filter, onChange }: AuditFiltersProps) {
  return (
    <ListSearch
      page={AUDIT_QUERY}
      filter={filter}
      label="Narrow by caller, action or id"
      placeholder="operator:admin, runs.cancel or an id"
      onChange={onChange}
      isFiltered={isFiltered(filter)}
      onClear={() => onChange(null)}
    >
      <Select
        aria-label="What was acted on"
        className="w-auto"
        value={filter.kind ?? ""}
        onChange={(event) => onChange({ kind: AUDIT_TARGETS.find((known) => known === event.target.value) ?? null })}
      >
        <option value="">Anything</option>
        {AUDIT_TARGETS.map((kind) => (
          <option key={kind}>{kind}</option>
        ))}
      </Select>
      <TimeRangeSelect range={filter} onChange={onChange} />
    </ListSearch>
  );
}
