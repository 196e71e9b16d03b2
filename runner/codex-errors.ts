import { CodexRequestError } from "./errors";

// codex answers nearly all of its refusals with the code -32600: only its words tell them apart. These are the words of
// codex 0.169.0, and codex-errors.test.ts has that very codex say them.

/** "no active turn to steer", "no active turn to interrupt". */
const NO_TURN = /^no active turn\b/i;
/** "expected active turn id `…` but found `…`": another turn is under way. */
const OTHER_TURN = /^expected active turn id\b/i;
/** "thread … already has an active writer". */
const OTHER_WRITER = /\balready has an active writer\b/i;
/** "no rollout found for thread id …"; "rollout at … is empty"; "rollout at … does not start with session metadata". */
const THREAD_LOST = /\bno rollout found\b|\brollout\b.*\bis empty\b|\bdoes not start with session metadata\b/i;
/** On stderr, where codex could not read its configuration and goes on with defaults. */
const CONFIG_ERROR = /invalid configuration; using defaults|error loading config|failed to (load|parse) config/i;

/** The turn that was named is not under way any more. */
export function isTurnOver(error: unknown): boolean {
  return error instanceof CodexRequestError && (NO_TURN.test(error.message) || OTHER_TURN.test(error.message));
}

/** The thread's rollout is not there, or holds nothing that a thread could be resumed from. */
export function isThreadLost(error: unknown): error is CodexRequestError {
  return error instanceof CodexRequestError && THREAD_LOST.test(error.message);
}

/** Another process still writes the thread. */
export function hasOtherWriter(error: unknown): error is CodexRequestError {
  return error instanceof CodexRequestError && OTHER_WRITER.test(error.message);
}

/** A line of stderr by which codex goes on without the configuration that it was given: never what was ordered. */
export function isConfigError(line: string): boolean {
  return CONFIG_ERROR.test(line);
}
