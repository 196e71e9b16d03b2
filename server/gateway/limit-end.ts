import type { ProviderLimit } from "@/server/backends";

/** Keys of a refusal's body that say when a limit ends: as seconds since 1970, or as a number of seconds from now. */
const AT_KEYS = ["resets_at", "reset_at"] as const;
const IN_KEYS = ["resets_in_seconds", "retry_after", "retry_after_seconds"] as const;

/** The last instant that a Date holds: a number beyond it is not one, but nanoseconds or something else. */
const INSTANT_MAX_MS = 8.64e15;

/**
 * How long a limit is assumed to last where its end is unknown: one that passes by itself, and one of money or a plan.
 */
const TRANSIENT_MS = 60_000;
const PERSISTENT_MS = 300_000;

/** Returns a limit, with a guess of its end where the provider did not give one. */
export function limitOf(refusal: { until: Date | null; message: string; isPersistent: boolean }): ProviderLimit {
  const { until, message, isPersistent } = refusal;
  if (until !== null) return { until, message };
  return { until: new Date(Date.now() + (isPersistent ? PERSISTENT_MS : TRANSIENT_MS)), message, isGuessed: true };
}

/**
 * Returns when a provider's limit ends, by its refusal: the header `Retry-After` (RFC 9110: seconds or a date), or the
 * body's `error` as OpenAI writes it for usage limits. The later time counts; null: neither gives a time in the future.
 */
export function limitEnd(headers: { get(name: string): string | null }, error: unknown, now = new Date()): Date | null {
  const ends = [...headerEnds(headers, now), ...errorEnds(error, now)].filter((ms) => Math.abs(ms) <= INSTANT_MAX_MS);
  const latest = Math.max(...ends);
  return ends.length === 0 || latest <= now.getTime() ? null : new Date(latest);
}

function headerEnds(headers: { get(name: string): string | null }, now: Date): number[] {
  const value = headers.get("retry-after")?.trim();
  if (!value) return [];
  return [/^\d+(\.\d+)?$/.test(value) ? now.getTime() + Number(value) * 1_000 : Date.parse(value)];
}

function errorEnds(body: unknown, now: Date): number[] {
  const error: Record<string, unknown> = typeof body === "object" && body !== null ? { ...body } : {};
  const at = AT_KEYS.map((key) => error[key]).filter((value) => typeof value === "number");
  const spans = IN_KEYS.map((key) => error[key]).filter((value) => typeof value === "number");
  return [...at.map((seconds) => seconds * 1_000), ...spans.map((seconds) => now.getTime() + seconds * 1_000)];
}
