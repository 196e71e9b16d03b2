import type { BackendConfig } from "@/contract/backend";

/** How long a provider is waited for, in milliseconds, and how often it is tried. */
export type Bounds = {
  /** To connect to its machine: a machine that does not exist often gives no answer at all. */
  connectMs: number;
  /** From the request to the head of the answer: a model may think for long before its first word. */
  answerMs: number;
  /** Between two pieces of an answer. */
  silenceMs: number;
  /** Requests for one answer, including the first. */
  triesMax: number;
  /** The pause before the second request, doubled for each further one. */
  pauseMs: number;
  /** The longest pause that a provider asks for and that is waited for here; the caller waits for a longer one. */
  pauseMaxMs: number;
};

/** codex waits five minutes for the next piece of an answer, and then tries again by itself. */
const BOUNDS: Bounds = {
  connectMs: 10_000,
  answerMs: 300_000,
  silenceMs: 290_000,
  triesMax: 3,
  pauseMs: 300,
  pauseMaxMs: 5_000,
};

/** Returns a profile's own bounds, with the usual ones where it sets none. */
export function boundsOf({ answerTimeoutMs, silenceTimeoutMs, triesMax }: BackendConfig): Bounds {
  return {
    ...BOUNDS,
    answerMs: answerTimeoutMs ?? BOUNDS.answerMs,
    silenceMs: silenceTimeoutMs ?? BOUNDS.silenceMs,
    triesMax: triesMax ?? BOUNDS.triesMax,
  };
}
