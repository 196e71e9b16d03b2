"use client";
import { Search } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Chip } from "@/components/ui/chip";
import { Input, Select } from "@/components/ui/field";
import { TimeRangeSelect } from "@/components/ui/time-range-select";
import { AUDIT_TARGETS } from "@/contract/words";
import { type AuditFilter, isFiltered, readSearch } from "./filter";

type AuditFiltersProps = { filter: AuditFilter; onChange: (change: Partial<AuditFilter> | null) => void };

const CHIPS = ["id", "actor", "action", "target", "tenant"] as const;

/** What narrows the rows; all of it stands in the address. */
export function AuditFilters({ filter, onChange }: AuditFiltersProps) {
  const [typed, setTyped] = useState("");
  return (
    <search className="flex flex-wrap items-center gap-2">
      <form
        className="relative w-full sm:w-72"
        onSubmit={(event) => {
          event.preventDefault();
          const change = readSearch(typed);
          if (change === null) return;
          setTyped("");
          onChange(change);
        }}
      >
        <Search aria-hidden className="absolute top-2 left-2.5 size-4 text-ink-3" />
        <Input
          aria-label="Narrow by caller, action or id"
          data-shortcut-search
          placeholder="operator:admin, runs.cancel or an id"
          className="pl-8"
          maxLength={256}
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </form>
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
      <TimeRangeSelect range={filter} onChange={({ within, since, until }) => onChange({ within, since, until })} />
      {CHIPS.map((name) => {
        const value = filter[name];
        return value === null ? null : (
          <Chip key={name} name={name} value={value} onRemove={() => onChange({ [name]: null })} />
        );
      })}
      {isFiltered(filter) && (
        <Button look="ghost" size="sm" onClick={() => onChange(null)}>
          Clear
        </Button>
      )}
    </search>
  );
}
