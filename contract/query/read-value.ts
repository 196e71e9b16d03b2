import { NO_COLUMNS } from "./arrangement";
import { type FieldValue, parseDuration, parseSize } from "./kinds";
import type { QueryKey } from "./page";

type ReadValue = { value: FieldValue } | { problem: string; nearestOf: readonly string[] };

const TEXT_MAX = 200;
const YES: readonly string[] = ["yes", "true"];
const NO: readonly string[] = ["no", "false"];
export const FLAG_VALUES: readonly string[] = ["yes", "no"];
/** The years that PostgreSQL and JavaScript write in the same way. */
const EARLIEST_MS = Date.UTC(1000, 0);
const LATEST_MS = Date.UTC(10_000, 0) - 1;
/** Suggested while somebody types; any other duration is accepted too. */
export const DURATION_VALUES: readonly string[] = ["30m", "1h", "24h", "7d"];
/** Suggested sizes. Sizes are kept as they are written. */
export const SIZE_VALUES: readonly string[] = ["100MiB", "1GiB", "10GiB"];

/** Returns a typed value as its field holds it, or what is wrong with it. Durations are held in hours. */
export function readValue(key: QueryKey, typed: string): ReadValue {
  if (typed === "") return problem(`“${key.name}” needs a value`);
  switch (key.kind) {
    case "choice": {
      const values = key.values ?? [];
      if (values.includes(typed)) return { value: typed };
      return problem(`Unknown ${key.name} “${typed}”`, values);
    }
    case "columns":
      return readColumnIds(key, typed);
    case "flag":
      if (YES.includes(typed)) return { value: true };
      if (NO.includes(typed)) return { value: false };
      return problem(`“${key.name}” is yes or no`, FLAG_VALUES);
    case "duration":
      return readDuration(key, typed);
    case "instant":
      return readInstant(key, typed);
    case "size":
      return parseSize(typed) === null
        ? problem(`“${key.name}” takes a whole number of KiB, MiB, GiB or TiB, such as 1GiB`, SIZE_VALUES)
        : { value: typed };
    case "text":
    case "pairs":
    case "id":
      return readText(key.name, typed);
    default:
      return key.kind satisfies never;
  }
}

/** Reads text that a list accepts. */
export function readText(name: string, typed: string): ReadValue {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses.
  if (typed.length > TEXT_MAX || /[\u0000-\u001f\u007f]/.test(typed))
    return problem(`“${name}” takes at most ${TEXT_MAX} characters, none of them a control character`);
  return { value: typed };
}

/** Reads column ids, each once and in the list's order. */
function readColumnIds({ values = [] }: QueryKey, typed: string): ReadValue {
  const said = typed.split(",");
  const unknown = said.find((id) => !values.includes(id) || (id === NO_COLUMNS && said.length > 1));
  if (unknown !== undefined) return problem(`Unknown column “${unknown}”: there are ${values.join(", ")}`);
  return { value: values.filter((id) => said.includes(id)).join(",") };
}

function readDuration(key: QueryKey, typed: string): ReadValue {
  const hours = parseDuration(typed);
  if (hours === null)
    return problem(`“${key.name}” takes a whole number of m, h, d or w, such as 2h, and a year at most`);
  return { value: hours };
}

function readInstant(key: QueryKey, typed: string): ReadValue {
  const whole = /^\d{4}-\d\d-\d\d$/.test(typed) ? `${typed}T00:00:00Z` : typed;
  const isInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/.test(whole);
  const ms = isInstant ? Date.parse(whole) : Number.NaN;
  if (!(ms >= EARLIEST_MS && ms <= LATEST_MS))
    return problem(`“${key.name}” takes a day or an instant with its zone, such as 2026-01-31T12:00:00Z`);
  return { value: new Date(ms).toISOString().replace(".000Z", "Z") };
}

function problem(text: string, nearestOf: readonly string[] = []): ReadValue {
  return { problem: text, nearestOf };
}
