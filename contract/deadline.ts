/** Nobody has answered in time. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
  constructor(what: string, deadlineMs: number) {
    super(`${what}: no answer within ${deadlineMs} ms`);
  }
}

/**
 * Work that heeds its signal, and is given up by it after `deadlineMs` or with another signal. `what` is said where it was late.
 *
 * Not by AbortSignal.any over an AbortSignal.timeout: Node 20 forgets a timeout that only such a signal knows of as
 * soon as garbage is collected, and the work has no limit at all.
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
