import type { BackendProbe } from "./backend";

// What keeps work from a backend for a while. No zod here: the console applies the same rules and must not ship a
// schema library for them.

/** Failed tries in a row after which a provider is sent no task. A single failure may be the network's fault. */
const FAILURES_MAX = 2;
/** How long a failed try counts: a web process that has stopped trying must not hold up tasks for ever. */
const COUNTS_MS = 900_000;

/** Returns until when a profile's provider says that it takes no work; null where it takes work. */
export function limitedUntil(health: Record<string, unknown> | null, nowMs: number): string | null {
  const { downUntil } = health ?? {};
  return typeof downUntil === "string" && Date.parse(downUntil) > nowMs ? downUntil : null;
}

/** Returns until when nothing is sent to a provider that failed repeatedly; null where it takes work. */
export function failingUntil(probe: Pick<BackendProbe, "at" | "failures"> | null, nowMs: number): string | null {
  if (probe === null || probe.failures < FAILURES_MAX) return null;
  const untilMs = Date.parse(probe.at) + COUNTS_MS;
  return untilMs > nowMs ? new Date(untilMs).toISOString() : null;
}
