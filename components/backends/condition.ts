import { operatorName } from "@/components/shell/operator-name";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Tone } from "@/components/ui/state";
import type { Backend, BackendProbe } from "@/contract/backend";
import { failingUntil, limitedUntil } from "@/contract/backend-standing";

/** How a profile stands, in a word, and why it is so and what happens next; others' words are fit to be drawn. */
export type Condition = { state: string; word: string; tone: Tone; why: string | null; until: string | null };

/** The first of what keeps work from a profile, or that nothing does. */
export function conditionOf(backend: Backend, nowMs: number): Condition {
  const { disabled, probe, key } = backend;
  if (disabled !== null) {
    const reason = disabled.reason ?? "No reason given.";
    return {
      state: "paused",
      word: "Switched off",
      tone: "warn",
      why: `By ${operatorName(disabled.by)}: ${revealHidden(reason)}`,
      until: null,
    };
  }
  if (!backend.isConfigured) {
    const why = "Add its model and key name to the file that AGENTRUN_BACKENDS names.";
    return { state: "none", word: "Not configured", tone: "quiet", why, until: null };
  }
  const until = limitedUntil(backend.health, nowMs);
  if (until !== null)
    return { state: "parked", word: "Limit reached", tone: "warn", why: messageOf(backend.health.message), until };
  if (key.source !== "none" && !key.isPresent) {
    const where = key.source === "file" ? "The key file" : "The key's environment variable";
    return { state: "failed", word: "No key", tone: "bad", why: `${where} is missing or empty.`, until: null };
  }
  // One try alone holds nothing up, and neither does what has answered since, or is long ago.
  if (probe !== null && failingUntil(probe, nowMs) !== null)
    return { state: "failed", word: "Failing", tone: "bad", why: probeWords(probe), until: null };
  if (probe !== null && probe.failures > 0)
    return { state: "late", word: "Last test failed", tone: "warn", why: probeWords(probe), until: null };
  const word = probe === null && !backend.isDemo ? "Not tested yet" : "Ready";
  return { state: "ready", word, tone: word === "Ready" ? "good" : "quiet", why: null, until: null };
}

function messageOf(message: unknown): string | null {
  return typeof message === "string" ? revealHidden(message) : null;
}

function probeWords({ message }: BackendProbe): string {
  return `Last test: ${revealHidden(message)}.`;
}

/** Whether what the time is has a say in how it stands. */
export function endsByItself(backend: Backend): boolean {
  return isHeldUp(backend, 0);
}

/** Whether a person can say that it takes work again: what holds it up ends by itself, but later. */
export function isHeldUp(backend: Backend, nowMs: number): boolean {
  return limitedUntil(backend.health, nowMs) !== null || failingUntil(backend.probe, nowMs) !== null;
}

/** How many of its queue tasks run at once, by its row; null: no limit. */
export function maxRunningOf({ capacity }: Backend): number | null {
  return typeof capacity.maxRunning === "number" ? capacity.maxRunning : null;
}
