import { showTricks } from "@/components/ui/hidden-text";
import type { Tone } from "@/components/ui/state";
import type { Backend } from "@/contract/backend";
import { failingUntil, limitedUntil } from "@/contract/backend-standing";

/** How a profile stands, in a word, and why it is so and what happens next. */
export type Condition = { state: string; word: string; tone: Tone; why: string | null; until: string | null };

/** The first of what keeps work from a profile, or that nothing does. */
export function conditionOf(backend: Backend, nowMs: number): Condition {
  const { disabled, probe, key } = backend;
  if (disabled !== null) {
    const why = disabled.reason ?? "No reason was given.";
    return {
      state: "paused",
      word: "switched off",
      tone: "warn",
      why: showTricks(`By ${disabled.by.replace(/^operator:/, "")}: ${why}`),
      until: null,
    };
  }
  if (!backend.isConfigured) {
    const why = "Give it a model and the name of its key in the file that AGENTRUN_BACKENDS names.";
    return { state: "none", word: "not configured", tone: "quiet", why, until: null };
  }
  const until = limitedUntil(backend.health, nowMs);
  if (until !== null)
    return { state: "parked", word: "limit reached", tone: "warn", why: saidOf(backend.health.message), until };
  if (key.source !== "none" && !key.isPresent) {
    const where =
      key.source === "file" ? "The file that is to hold its key is" : "The variable that is to hold its key is";
    return { state: "failed", word: "no key", tone: "bad", why: `${where} not there, or empty.`, until: null };
  }
  // One try alone holds nothing up, and neither does what has answered since, or is long ago.
  if (probe !== null && failingUntil(probe, nowMs) !== null)
    return {
      state: "failed",
      word: "failing",
      tone: "bad",
      why: showTricks(`When it was tried ${probe.message}.`),
      until: null,
    };
  if (probe !== null && probe.failures > 0)
    return {
      state: "late",
      word: "last try failed",
      tone: "warn",
      why: showTricks(`When it was tried ${probe.message}.`),
      until: null,
    };
  const word = probe === null && !backend.isDemo ? "not tried yet" : "ready";
  return { state: "ready", word, tone: word === "ready" ? "good" : "quiet", why: null, until: null };
}

function saidOf(message: unknown): string | null {
  return typeof message === "string" ? showTricks(message) : null;
}

/** Whether a person can say that it takes work again: what holds it up ends by itself, but later. */
export function isHeldUp(backend: Backend, nowMs: number): boolean {
  return limitedUntil(backend.health, nowMs) !== null || failingUntil(backend.probe, nowMs) !== null;
}

/** How many of its queue tasks run at once, by its row; null: no limit. */
export function maxRunningOf({ capacity }: Backend): number | null {
  return typeof capacity.maxRunning === "number" ? capacity.maxRunning : null;
}
