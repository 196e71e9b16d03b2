const RETRY_MS = 1_500;
/** Answers of a proxy whose server is away. */
const AWAY = new Set([502, 503, 504]);

let waiting = 0;
const listeners = new Set<() => void>();

export function onRouteWait(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Whether a page that was asked for has to wait until the server is back. */
export function isRouteWaiting(): boolean {
  return waiting > 0;
}

/**
 * Has the router wait for a server that is away: where it cannot fetch a page it would leave this one for the browser's
 * own error page, from which nothing comes back. Answers how to stop.
 */
export function keepPageWhileAway(): () => void {
  const originalFetch = window.fetch;
  const wrapped: typeof fetch = (input, init) =>
    isOfRoute(init)
      ? askUntilBack(() => originalFetch.call(window, input, init), init?.signal)
      : originalFetch.call(window, input, init);
  window.fetch = wrapped;
  return () => {
    if (window.fetch === wrapped) window.fetch = originalFetch;
  };
}

/** What the router fetches to show a page, and not ahead of a press. */
function isOfRoute(init: RequestInit | undefined): boolean {
  if (init?.headers === undefined) return false;
  const headers = new Headers(init.headers);
  return headers.has("rsc") && !headers.has("next-router-prefetch") && !headers.has("next-router-segment-prefetch");
}

/** Asks again until there is an answer of the server itself, or nobody waits for it any more. */
export async function askUntilBack(
  send: () => Promise<Response>,
  signal: AbortSignal | null | undefined,
  retryMs = RETRY_MS,
): Promise<Response> {
  let isCounted = false;
  try {
    for (;;) {
      const answer = await send().catch((error: unknown) => {
        if (signal?.aborted === true) throw error;
        return null;
      });
      if (answer !== null && !AWAY.has(answer.status)) return answer;
      if (!isCounted) count(1);
      isCounted = true;
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
  } finally {
    if (isCounted) count(-1);
  }
}

function count(by: 1 | -1): void {
  waiting += by;
  for (const listener of listeners) listener();
}
