/** What a field of a filter holds; null: it narrows nothing. */
export type FieldValue = string | number | boolean | null;

const MINUTES = { m: 1, h: 60, d: 1_440, w: 10_080 } as const;
const HOUR_MINUTES = 60;
/** A year: what is older is found by its instants. */
const DURATION_MINUTES_MAX = 525_600;

/** A field's value as it is typed. */
export function printField(value: FieldValue): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return printDuration(value);
  return value ?? "";
}

/** Hours as they are typed: `90m`, `24h`, `7d`. */
export function printDuration(hours: number): string {
  const minutes = Math.round(hours * HOUR_MINUTES);
  if (minutes % MINUTES.d === 0 && minutes > MINUTES.d) return `${minutes / MINUTES.d}d`;
  return minutes % HOUR_MINUTES === 0 ? `${minutes / HOUR_MINUTES}h` : `${minutes}m`;
}

const BYTES = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

/** Bytes of a typed size, such as `1GiB`; null where it is none, or none that is taken. */
export function parseSize(typed: string): number | null {
  const [, count = "", unit = ""] = /^(\d{1,4})([KMGT]iB)$/.exec(typed) ?? [];
  const bytes = Number(count) * (BYTES[unit as keyof typeof BYTES] ?? 0);
  return bytes >= 1 ? bytes : null;
}

/** Hours of a typed length of time; null where it is none, or none that is taken. */
export function parseDuration(typed: string): number | null {
  const [, count = "", unit = ""] = /^(\d{1,6})([mhdw])$/.exec(typed) ?? [];
  const minutes = Number(count) * (MINUTES[unit as keyof typeof MINUTES] ?? 0);
  return minutes >= 1 && minutes <= DURATION_MINUTES_MAX ? minutes / HOUR_MINUTES : null;
}
