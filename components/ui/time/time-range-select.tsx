"use client";
import { useState } from "react";
import { Input, Select } from "@/components/ui/form/field";
import { printDuration } from "@/contract/query/kinds";
import { toServerTime } from "./clock";
import { fieldOf, instantOf } from "./instant";
import { ANY_TIME, type RangeFilter } from "./time-range";

const PRESETS: readonly [number, string][] = [
  [1, "Last hour"],
  [24, "Last 24 hours"],
  [168, "Last 7 days"],
];
const BETWEEN = "between";
const HOUR_MS = 3_600_000;
const DAY_HOURS = 24;

type TimeRangeSelectProps = { range: RangeFilter; onChange: (range: RangeFilter) => void };

/** Chooses hours back from now; or two instants, which begin as what the hours meant, so that an address can be kept. */
export function TimeRangeSelect({ range, onChange }: TimeRangeSelectProps) {
  const [isOpen, setIsOpen] = useState(false);
  const isBetween = isOpen || range.since !== null || range.until !== null;
  const isOther = range.within !== null && !PRESETS.some(([hours]) => hours === range.within);

  function choose(value: string): void {
    setIsOpen(value === BETWEEN);
    if (value === BETWEEN) {
      const sinceMs = toServerTime(Date.now()) - (range.within ?? DAY_HOURS) * HOUR_MS;
      onChange({ ...ANY_TIME, since: new Date(sinceMs).toISOString() });
    } else {
      onChange({ ...ANY_TIME, within: value === "" ? null : Number(value) });
    }
  }

  function between(change: Partial<RangeFilter>): void {
    onChange({ ...ANY_TIME, since: range.since, until: range.until, ...change });
  }

  return (
    <>
      <Select
        aria-label="Time"
        className="w-auto"
        value={isBetween ? BETWEEN : (range.within ?? "")}
        onChange={(event) => choose(event.target.value)}
      >
        <option value="">Any time</option>
        {PRESETS.map(([hours, name]) => (
          <option key={hours} value={hours}>
            {name}
          </option>
        ))}
        {isOther && <option value={range.within ?? ""}>Last {printDuration(range.within ?? 0)}</option>}
        <option value={BETWEEN}>Between…</option>
      </Select>
      {isBetween && (
        <>
          <Instant label="From" value={range.since} onChange={(since) => between({ since })} />
          <Instant label="To" value={range.until} onChange={(until) => between({ until })} />
        </>
      )}
    </>
  );
}

type InstantProps = { label: string; value: string | null; onChange: (value: string | null) => void };

function Instant({ label, value, onChange }: InstantProps) {
  return (
    <Input
      type="datetime-local"
      aria-label={label}
      title={label}
      className="w-auto"
      value={fieldOf(value)}
      onChange={(event) => onChange(instantOf(event.target.value))}
    />
  );
}
