import { AgentRunError } from "@/server/errors";

export type RequestOrigin = {
  method: string;
  origin: string | null | undefined;
  fetchSite: string | null | undefined;
  host: string | null | undefined;
};

/** Refuses a change that a page of another site made the browser send: only our own pages may. */
export function assertOwnOrigin(request: RequestOrigin, publicUrl: string, hasCookie: boolean): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  const { origin, fetchSite } = request;
  const isOwnSite = !fetchSite || fetchSite === "same-origin" || fetchSite === "none";
  if (!isOwnSite || (origin && !isOwnOrigin(origin, request.host, publicUrl)))
    throw refusedError("another site's page sent this request");
  // Every browser sends one of the two headers with a change; a client that sends neither can use a token instead of
  // the cookie.
  if (hasCookie && !origin && !fetchSite)
    throw refusedError("a change by cookie needs an Origin header: send Authorization: Bearer TOKEN instead");
}

function isOwnOrigin(origin: string, host: string | null | undefined, publicUrl: string): boolean {
  if (!URL.canParse(origin)) return false;
  const url = new URL(origin);
  return url.origin === new URL(publicUrl).origin || url.host === host?.toLowerCase();
}

function refusedError(message: string): AgentRunError {
  return new AgentRunError("forbidden", "origin-refused", message);
}
