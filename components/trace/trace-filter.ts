import type { RunEvent } from "@/contract/event";
import { isInRange, matcherOf } from "./summary";

/** What narrows a trace, as its address says it. */
export type TraceFilter = { hidden: readonly string[]; find: string; fromMs: number | null; toMs: number | null };

export function isNarrowed({ hidden, find, fromMs, toMs }: TraceFilter): boolean {
  return find !== "" || hidden.length > 0 || (fromMs !== null && toMs !== null);
}

/** What tells of an event that is loaded whether it is shown. */
export function filterOf({ hidden, find, fromMs, toMs }: TraceFilter): (event: RunEvent) => boolean {
  const without = new Set(hidden);
  const range = fromMs === null || toMs === null ? null : { fromMs, toMs };
  const matches = matcherOf(find);
  return (event) => !without.has(event.type) && isInRange(event, range) && matches(event);
}

/** The same for events that are not loaded, as the server is asked. */
export function searchInputOf({ hidden, find, fromMs, toMs }: TraceFilter) {
  return {
    ...(find === "" ? {} : { text: find }),
    ...(hidden.length === 0 ? {} : { withoutTypes: hidden.join(",") }),
    ...(fromMs === null || toMs === null ? {} : { since: isoAt(Math.floor(fromMs)), until: endOfMs(Math.ceil(toMs)) }),
  };
}

const isoAt = (ms: number) => new Date(ms).toISOString();

/** The database counts microseconds: those of the last millisecond are in it. */
const endOfMs = (ms: number) => isoAt(ms).replace("Z", "999Z");
