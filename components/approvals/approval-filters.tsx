import { ListSearch } from "@/components/query/list-search";
import { Choices } from "@/components/ui/form/choices";
import { Select } from "@/components/ui/form/field";
import { TimeRangeSelect } from "@/components/ui/time/time-range-select";
import { APPROVAL_QUERY } from "@/contract/query/approvals";
import { APPROVAL_KINDS, APPROVAL_STATUSES } from "@/contract/words";
import { type ApprovalFilter, isNarrowed, KIND_NAMES, STATUS_NAMES } from "./filter";

type ApprovalFiltersProps = {
  filter: ApprovalFilter;
  onChange: (change: Partial<ApprovalFilter>) => void;
  onClear: () => void;
};

/** What narrows the inbox; all of it stands in the address. */
export function ApprovalFilters({ filter, onChange, onClear }: ApprovalFiltersProps) {
  const { status, kind } = filter;
  return (
    <ListSearch
      page={APPROVAL_QUERY}
      filter={filter}
      label="Search approvals"
      placeholder="Search by ID, or kind:command"
      onChange={onChange}
      isFiltered={isNarrowed(filter)}
      onClear={onClear}
    >
      <Choices
        label="Status"
        values={APPROVAL_STATUSES}
        names={STATUS_NAMES}
        value={status}
        onChange={(status) => onChange({ status })}
      />
      <Select
        aria-label="Type"
        className="w-auto"
        value={kind ?? ""}
        onChange={(event) => onChange({ kind: APPROVAL_KINDS.find((option) => option === event.target.value) ?? null })}
      >
        <option value="">Any type</option>
        {APPROVAL_KINDS.map((option) => (
          <option key={option} value={option}>
            {KIND_NAMES[option]}
          </option>
        ))}
      </Select>
      <TimeRangeSelect range={filter} onChange={onChange} />
    </ListSearch>
  );
}
