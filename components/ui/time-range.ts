import { parseAsInteger, parseAsString } from "nuqs/server";
import type { TimeRange } from "@/contract/time-range";

/** Which time a list is about, as an address holds it: hours back from now, or instants. */
export const RANGE_FILTERS = { within: parseAsInteger, since: parseAsString, until: parseAsString };
export type RangeFilter = { within: number | null; since: string | null; until: string | null };
export const ANY_TIME: RangeFilter = { within: null, since: null, until: null };

export function rangeInput({ within, since, until }: RangeFilter): TimeRange {
  return {
    ...(within === null ? {} : { withinHours: within }),
    ...(since === null ? {} : { since }),
    ...(until === null ? {} : { until }),
  };
}
