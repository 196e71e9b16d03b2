"use client";
import { type QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { createTRPCClient, httpBatchLink } from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { type ReactNode, useState } from "react";
import type { AppRouter } from "@/server/trpc/types";
import { readError } from "./errors";
import { fetchFromServer } from "./fetch-from-server";
import { makeQueryClient } from "./query-client";
import { isSigningOut } from "./signing-out";

export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>();

let browserQueryClient: QueryClient | undefined;

/** One cache per browser tab; a fresh one for every server render, so that no two people share one. */
function getQueryClient(): QueryClient {
  if (typeof window === "undefined") return makeQueryClient();
  browserQueryClient ??= makeQueryClient(leaveWhenSignedOut);
  return browserQueryClient;
}

function leaveWhenSignedOut(error: unknown): void {
  if (readError(error).status !== 401 || window.location.pathname === "/sign-in") return;
  // What was asked just before is refused: that must not lead to a sign-in that comes back here.
  if (isSigningOut()) return;
  const back = `${window.location.pathname}${window.location.search}`;
  window.location.assign(`/sign-in?next=${encodeURIComponent(back)}`);
}

/** Gives every component below it the typed procedures and their cache. */
export function ApiProvider({ children }: { children: ReactNode }) {
  const queryClient = getQueryClient();
  const [trpcClient] = useState(() =>
    createTRPCClient<AppRouter>({
      links: [
        httpBatchLink({
          url: "/api/trpc",
          maxItems: 10,
          maxURLLength: 6_000,
          headers: { "content-type": "application/json" },
          fetch: (url, init) => fetchFromServer(String(url), init as RequestInit),
        }),
      ],
    }),
  );
  return (
    <QueryClientProvider client={queryClient}>
      <TRPCProvider trpcClient={trpcClient} queryClient={queryClient}>
        {children}
      </TRPCProvider>
    </QueryClientProvider>
  );
}
