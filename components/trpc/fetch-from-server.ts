import { withDeadline } from "@/contract/deadline";
import { isSigningOut } from "./signing-out";

/** The slowest question takes the server 8 seconds; with others in one request it waits for no longer. */
export const QUERY_DEADLINE_MS = 20_000;

/**
 * Asks the server as whoever is signed in. A question that nobody answers is given up, as a browser never does by
 * itself; what changes something is waited for, since it may have been done. While the
 * tab signs out it asks nothing: the page is left before an answer could be shown.
 */
export function fetchFromServer(url: string, init: RequestInit = {}): Promise<Response> {
  const request: RequestInit = { ...init, credentials: "same-origin" };
  if (init.method !== "GET") return fetch(url, request);
  if (isSigningOut()) return new Promise(() => undefined);
  return withDeadline("the server", QUERY_DEADLINE_MS, (signal) => fetch(url, { ...request, signal }), init.signal);
}
