/** Returns a jsonb column's value; v0.1 wrote JSON null for none. */
export function storedJson<T>(value: T | null | undefined): T | null {
  return value ?? null;
}

/** Formats an instant as clients see it. */
export function iso(instant: Date): string;
export function iso(instant: Date | null): string | null;
export function iso(instant: Date | null): string | null {
  return instant === null ? null : instant.toISOString();
}

/** The same for milliseconds since 1970. */
export function isoAt(ms: number | null): string | null {
  return ms === null ? null : iso(new Date(ms));
}
