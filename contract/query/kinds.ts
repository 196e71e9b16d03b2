/** The value of a filter's field; null: the field does not narrow the list. */
export type FieldValue = string | number | boolean | null;

const MINUTES = { m: 1, h: 60, d: 1_440, w: 10_080 } as const;
const HOUR_MINUTES = 60;
/** A year. Older records are found by instants. */
const DURATION_MINUTES_MAX = 525_600;

/** Writes a field's value the way a user types it. */
export function printField(value: FieldValue): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return printDuration(value);
  return value ?? "";
}

/** Writes hours the way a user types them: `90m`, `24h`, `7d`. */
export function printDuration(hours: number): string {
  const minutes = Math.round(hours * HOUR_MINUTES);
  if (minutes % MINUTES.d === 0 && minutes > MINUTES.d) return `${minutes / MINUTES.d}d`;
  return minutes % HOUR_MINUTES === 0 ? `${minutes / HOUR_MINUTES}h` : `${minutes}m`;
}

const BYTES = { KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40 } as const;

/** Returns the bytes of a typed size, such as `1GiB`; null where the text is not an accepted size. */
export function parseSize(typed: string): number | null {
  const [, count = "", unit = ""] = /^(\d{1,4})([KMGT]iB)$/.exec(typed) ?? [];
  const bytes = Number(count) * (BYTES[unit as keyof typeof BYTES] ?? 0);
  return bytes >= 1 ? bytes : null;
}

/** Returns the hours of a typed duration; null where the text is not an accepted duration. */
export function parseDuration(typed: string): number | null {
  const [, count = "", unit = ""] = /^(\d{1,6})([mhdw])$/.exec(typed) ?? [];
  const minutes = Number(count) * (MINUTES[unit as keyof typeof MINUTES] ?? 0);
  return minutes >= 1 && minutes <= DURATION_MINUTES_MAX ? minutes / HOUR_MINUTES : null;
}
