import type { BackendConfig } from "@/contract/backend";

/** How long a provider is waited for, and how often it is asked. */
export type Bounds = {
  /** To connect to its machine: one that is not there often does not say so. */
  connectMs: number;
  /** From the request to the head of the answer: a model may think for long before its first word. */
  answerMs: number;
  /** Between two pieces of an answer. */
  silenceMs: number;
  /** Requests for one answer, the first among them. */
  triesMax: number;
  /** The pause before the second request; each further one is twice as long. */
  pauseMs: number;
  /** A pause that a provider asks for, and that is waited for here; a longer one is the caller's to wait for. */
  pauseMaxMs: number;
};

/** codex waits five minutes for the next piece of an answer, and asks anew by itself after that. */
const BOUNDS: Bounds = {
  connectMs: 10_000,
  answerMs: 300_000,
  silenceMs: 290_000,
  triesMax: 3,
  pauseMs: 300,
  pauseMaxMs: 5_000,
};

/** A profile's own bounds, and the usual ones where it says nothing. */
export function boundsOf({ answerTimeoutMs, silenceTimeoutMs, triesMax }: BackendConfig): Bounds {
  return {
    ...BOUNDS,
    answerMs: answerTimeoutMs ?? BOUNDS.answerMs,
    silenceMs: silenceTimeoutMs ?? BOUNDS.silenceMs,
    triesMax: triesMax ?? BOUNDS.triesMax,
  };
}
