/** An instant as the platform's field for a day and a time holds it, in this browser's zone. */
export function fieldOf(instant: string | null): string {
  if (instant === null) return "";
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return "";
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The instant of such a field; null while it is empty or no date. */
export function instantOf(field: string): string | null {
  const ms = Date.parse(field);
  return field === "" || Number.isNaN(ms) ? null : new Date(ms).toISOString();
}
