/** Thrown when nothing answered in time. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
  constructor(what: string, deadlineMs: number) {
    super(`${what}: no answer within ${deadlineMs} ms`);
  }
}

/**
 * Runs work with a signal that aborts after `deadlineMs`, or when the outer signal does. `what` names the work in the
 * error.
 *
 * AbortSignal.any over an AbortSignal.timeout cannot be used: Node 20 loses a timeout that only the combined signal
 * refers to at the next garbage collection, and the work would have no limit at all.
 */
export async function withDeadline<T>(
  what: string,
  deadlineMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal | null,
): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new DeadlineError(what, deadlineMs)), deadlineMs);
  const abort = () => controller.abort(outer?.reason);
  if (outer?.aborted) abort();
  else outer?.addEventListener("abort", abort, { once: true });
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener("abort", abort);
  }
}
