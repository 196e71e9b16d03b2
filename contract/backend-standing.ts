import type { BackendProbe } from "./backend";

// What keeps work from a backend for a while. Without zod: the console judges by it too, and ships no schema for it.

/** Failed tries, one after another, after which no task is sent to a provider: one alone may be the network's. */
const FAILURES_MAX = 2;
/** For how long a failed try counts: a web process that tries no more must not hold tasks up for ever. */
const COUNTS_MS = 900_000;

/** Until when a profile's provider takes nothing, by its own word; null where it takes work. */
export function limitedUntil(health: Record<string, unknown> | null, nowMs: number): string | null {
  const { downUntil } = health ?? {};
  return typeof downUntil === "string" && Date.parse(downUntil) > nowMs ? downUntil : null;
}

/** Until when nothing is sent to a provider that failed again and again; null where it takes work. */
export function failingUntil(probe: Pick<BackendProbe, "at" | "failures"> | null, nowMs: number): string | null {
  if (probe === null || probe.failures < FAILURES_MAX) return null;
  const untilMs = Date.parse(probe.at) + COUNTS_MS;
  return untilMs > nowMs ? new Date(untilMs).toISOString() : null;
}
