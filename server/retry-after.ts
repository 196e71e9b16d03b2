/**
 * Returns the milliseconds that a `Retry-After` header asks to wait: it gives seconds or a date (RFC 9110). null: there
 * is no header, it cannot be read, or its time has passed.
 */
export function parseRetryAfter(header: string | undefined): number | null {
  if (header === undefined) return null;
  const seconds = /^\d{1,9}$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1_000;
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : null;
}
