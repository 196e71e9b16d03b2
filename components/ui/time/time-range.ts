import { createParser, parseAsString } from "nuqs/server";
import { parseDuration, printDuration } from "@/contract/query/kinds";

export { ANY_TIME, type RangeFilter } from "@/contract/query/range";

/** A length of time as an address holds it: hours as a number alone, anything else as it is typed in a query. */
export const parseAsHours = createParser({
  parse: (text) => (/^-?\d+$/.test(text) ? Number.parseInt(text, 10) : parseDuration(text)),
  serialize: (hours) => (Number.isInteger(hours) ? String(hours) : printDuration(hours)),
});

/** Which time a list is about, as an address holds it: so long ago, or instants. */
export const RANGE_FILTERS = { within: parseAsHours, older: parseAsHours, since: parseAsString, until: parseAsString };
