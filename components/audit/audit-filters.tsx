"use client";
import { ListSearch } from "@/components/query/list-search";
import { Select } from "@/components/ui/form/field";
import { TimeRangeSelect } from "@/components/ui/time/time-range-select";
import { AUDIT_QUERY } from "@/contract/query/audit";
import { AUDIT_TARGETS, CALLER_KINDS, type CallerKind } from "@/contract/words";
import { type AuditFilter, auditInput } from "./filter";

type AuditFiltersProps = { filter: AuditFilter; onChange: (change: Partial<AuditFilter> | null) => void };

const CALLER_NAMES: Record<CallerKind, string> = {
  operator: "People",
  runner: "Runners",
  launch: "Launches",
  archiver: "Archivers",
  system: "System",
};

/** Whether a filter is what the page begins with: what people did. */
function isDefault(filter: AuditFilter): boolean {
  const { callerKind, ...rest } = auditInput(filter);
  return callerKind === "operator" && Object.keys(rest).length === 0;
}

/** What narrows the rows; all of it stands in the address. */
export function AuditFilters({ filter, onChange }: AuditFiltersProps) {
  return (
    <ListSearch
      page={AUDIT_QUERY}
      filter={filter}
      label="Search the audit log"
      placeholder="operator:admin, runs.cancel or an ID"
      onChange={onChange}
      isFiltered={!isDefault(filter)}
      onClear={() => onChange(null)}
    >
      <Select
        aria-label="By"
        className="w-auto"
        value={filter.by ?? ""}
        onChange={(event) => onChange({ by: CALLER_KINDS.find((option) => option === event.target.value) ?? null })}
      >
        <option value="">Everyone</option>
        {CALLER_KINDS.map((kind) => (
          <option key={kind} value={kind}>
            {CALLER_NAMES[kind]}
          </option>
        ))}
      </Select>
      <Select
        aria-label="What was acted on"
        className="w-auto"
        value={filter.kind ?? ""}
        onChange={(event) => onChange({ kind: AUDIT_TARGETS.find((option) => option === event.target.value) ?? null })}
      >
        <option value="">Any target</option>
        {AUDIT_TARGETS.map((kind) => (
          <option key={kind}>{kind}</option>
        ))}
      </Select>
      <TimeRangeSelect range={filter} onChange={onChange} />
    </ListSearch>
  );
}
