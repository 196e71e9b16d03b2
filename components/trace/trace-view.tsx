"use client";
import { ListFilter, X } from "lucide-react";
import {
  parseAsArrayOf,
  parseAsBoolean,
  parseAsInteger,
  parseAsString,
  parseAsStringLiteral,
  useQueryStates,
} from "nuqs";
import { useMemo } from "react";
import { explainRun } from "@/components/sessions/session-state";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/form/field";
import { SearchBox } from "@/components/ui/form/search-box";
import { formatDuration, shortenId } from "@/components/ui/format";
import { EmptyState } from "@/components/ui/page";
import type { Run } from "@/contract/run";
import { EVENT_TYPES } from "@/contract/words";
import { TraceList } from "./trace-list";
import { TypeToggles } from "./type-toggles";

const FILTERS = {
  run: parseAsString,
  hide: parseAsArrayOf(parseAsStringLiteral(EVENT_TYPES)).withDefault([]),
  find: parseAsString.withDefault(""),
  types: parseAsBoolean.withDefault(false),
  /** Whether what runners note of themselves is among them. */
  status: parseAsBoolean.withDefault(false),
  /** A part of the run's time, as its timeline gives it. */
  from: parseAsInteger,
  to: parseAsInteger,
};
/** Every event of a run as it is stored: filtered by type and text, each with its JSON and an address of its own. */
export function TraceView({ runs, followedId }: { runs: readonly Run[]; followedId: string | null }) {
  const [filters, setFilters] = useQueryStates(FILTERS, { history: "replace" });
  const filter = useMemo(
    () => ({ hidden: filters.hide, find: filters.find, fromMs: filters.from, toMs: filters.to }),
    [filters.hide, filters.find, filters.from, filters.to],
  );
  const run =
    runs.find((candidate) => candidate.id === filters.run) ??
    runs.find((candidate) => candidate.id === followedId) ??
    runs[0];
  if (run === undefined) return <EmptyState title="No events yet">Events appear here once a run starts.</EmptyState>;
  const { from, to } = filters;
  const startMs = Date.parse(run.createdAt);
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b bg-panel px-4 py-2 lg:px-6">
        {runs.length > 1 && (
          <Select
            aria-label="Run"
            className="w-auto font-mono text-xs"
            value={run.id}
            onChange={(event) =>
              // A part of one run's time is none of another's.
              void setFilters({
                run: event.target.value === followedId ? null : event.target.value,
                ...{ from: null, to: null },
              })
            }
          >
            {runs.map((candidate) => (
              <option key={candidate.id} value={candidate.id}>
                {shortenId(candidate.id)} · {explainRun(candidate).word}
              </option>
            ))}
          </Select>
        )}
        <SearchBox
          label="Search events"
          placeholder="Search events"
          value={filters.find}
          onChange={(find) => void setFilters({ find: find === "" ? null : find })}
        />
        <Button aria-expanded={filters.types} onClick={() => void setFilters({ types: !filters.types })}>
          <ListFilter aria-hidden className="size-4" /> Types
          {filters.hide.length > 0 && ` (${filters.hide.length} hidden)`}
        </Button>
        <Button
          aria-pressed={filters.status}
          title="Status events of the runner, such as heartbeats and claims"
          onClick={() => void setFilters({ status: filters.status ? null : true })}
        >
          {filters.status ? "Hide" : "Show"} status events
        </Button>
        {from !== null && to !== null && (
          <Button onClick={() => void setFilters({ from: null, to: null })} aria-label="Clear time range">
            +{formatDuration(from - startMs)} to +{formatDuration(to - startMs)} <X aria-hidden className="size-3.5" />
          </Button>
        )}
      </div>
      {filters.types && (
        <TypeToggles
          hidden={filters.hide}
          onChange={(hide) => void setFilters({ hide: hide.length === 0 ? null : hide })}
        />
      )}
      <TraceList
        key={run.id}
        run={run}
        filter={filter}
        hasStatus={filters.status}
        onClear={() => void setFilters({ hide: null, find: null, from: null, to: null })}
      />
    </div>
  );
}
