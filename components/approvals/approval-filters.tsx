import { Chip } from "@/components/ui/chip";
import { Choices } from "@/components/ui/choices";
import { Select } from "@/components/ui/field";
import { APPROVAL_KINDS, APPROVAL_STATUSES } from "@/contract/words";
import { type ApprovalFilter, KIND_NAMES } from "./filter";

type ApprovalFiltersProps = { filter: ApprovalFilter; onChange: (change: Partial<ApprovalFilter>) => void };

/** What narrows the inbox; a project is chosen by one of its requests. */
export function ApprovalFilters({ filter, onChange }: ApprovalFiltersProps) {
  const { status, kind, project } = filter;
  return (
    <search className="flex flex-wrap items-center gap-2">
      <Choices label="Status" values={APPROVAL_STATUSES} value={status} onChange={(status) => onChange({ status })} />
      <Select
        aria-label="What is asked for"
        className="w-auto"
        value={kind ?? ""}
        onChange={(event) => onChange({ kind: APPROVAL_KINDS.find((known) => known === event.target.value) ?? null })}
      >
        <option value="">Anything</option>
        {APPROVAL_KINDS.map((known) => (
          <option key={known} value={known}>
            {KIND_NAMES[known]}
          </option>
        ))}
      </Select>
      {project !== null && <Chip name="project" value={project} onRemove={() => onChange({ project: null })} />}
    </search>
  );
}
