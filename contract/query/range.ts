import type { TimeRange } from "@/contract/time-range";
import type { QueryKey } from "./page";

/**
 * A list's time range as an address holds it: at most (`within`) and at least (`older`) that many hours ago, which may
 * be fractions; or from (`since`) and up to (`until`) an instant.
 */
export type RangeFilter = { within: number | null; older: number | null; since: string | null; until: string | null };
export const ANY_TIME: RangeFilter = { within: null, older: null, since: null, until: null };

const HOUR_MINUTES = 60;
const HOUR_MS = 3_600_000;

export const minutesOf = (hours: number) => Math.round(hours * HOUR_MINUTES);

export function rangeInput({ within, older, since, until }: RangeFilter): TimeRange {
  return {
    ...withinInput(within),
    ...(older === null ? {} : { olderThanMinutes: minutesOf(older) }),
    ...(since === null ? {} : { since }),
    ...(until === null ? {} : { until }),
  };
}

function withinInput(hours: number | null): TimeRange {
  if (hours === null) return {};
  return Number.isInteger(hours) ? { withinHours: hours } : { withinMinutes: minutesOf(hours) };
}

/**
 * Fixes a relative range at an instant, so that it means the same at any other time. Where both ends of a kind are
 * given, the narrower one counts.
 */
export function fixRange<Of extends RangeFilter>(filter: Of, nowMs: number): Of {
  const ends = (instants: (number | null)[]) => instants.filter((ms) => ms !== null && !Number.isNaN(ms)) as number[];
  const back = (hours: number | null) => (hours === null ? null : nowMs - hours * HOUR_MS);
  const parsed = (instant: string | null) => (instant === null ? null : Date.parse(instant));
  const since = ends([back(filter.within), parsed(filter.since)]);
  const until = ends([back(filter.older), parsed(filter.until)]);
  return {
    ...filter,
    within: null,
    older: null,
    since: since.length === 0 ? filter.since : new Date(Math.max(...since)).toISOString(),
    until: until.length === 0 ? filter.until : new Date(Math.min(...until)).toISOString(),
  };
}

/** Does the same for a list's server input. */
export function fixInput<Of extends object>(input: Of, nowMs: number): Of {
  const { withinHours, withinMinutes, olderThanMinutes, since, until, ...rest } = input as Of & TimeRange;
  const within = withinHours ?? (withinMinutes === undefined ? null : withinMinutes / HOUR_MINUTES);
  const older = olderThanMinutes === undefined ? null : olderThanMinutes / HOUR_MINUTES;
  const fixed = fixRange({ within, older, since: since ?? null, until: until ?? null }, nowMs);
  return { ...rest, ...rangeInput(fixed) } as Of;
}

/** Whether an instant lies in a range; the server applies the same rule. */
export function isInRange(filter: RangeFilter, atMs: number, nowMs: number): boolean {
  const { since, until } = fixRange(filter, nowMs);
  return (since === null || atMs >= Date.parse(since)) && (until === null || atMs < Date.parse(until));
}

/** The query keys of a list whose rows have an age. */
export function rangeKeys(of: string): QueryKey<keyof RangeFilter>[] {
  return [
    { name: "age", kind: "duration", fields: { "<": "within", ">": "older" }, help: `Time since ${of}` },
    { name: "since", kind: "instant", fields: { ":": "since" }, help: `From then on: ${of}` },
    { name: "until", kind: "instant", fields: { ":": "until" }, help: `Before then: ${of}` },
  ];
}
