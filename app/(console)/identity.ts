import { headers } from "next/headers";
import { redirect } from "next/navigation";
import { cache } from "react";
import type { Identity } from "@/components/shell/identity";
import { readError } from "@/components/trpc/errors";
import { getQueryClient, trpc } from "@/server/trpc/rsc";

/** Who looks, asked once a request; nobody is sent to the sign-in page. */
export const requireIdentity = cache(async (): Promise<Identity> => {
  try {
    return await getQueryClient().fetchQuery(trpc.identity.me.queryOptions());
  } catch (error) {
    if (!isUnauthenticated(error)) throw error;
    const path = (await headers()).get("x-agentrun-path");
    redirect(path === null ? "/sign-in" : `/sign-in?next=${encodeURIComponent(shownPath(path))}`);
  }
});

/** In process a procedure's own error arrives, over the wire the client's. */
function isUnauthenticated(error: unknown): boolean {
  if (readError(error).status === 401) return true;
  return typeof error === "object" && error !== null && "code" in error && error.code === "UNAUTHORIZED";
}

/** A request's path as the address bar shows it: Next asks for a page's parts with a mark of its own. */
function shownPath(path: string): string {
  const url = new URL(path, "http://console");
  url.searchParams.delete("_rsc");
  return `${url.pathname}${url.search}`;
}
