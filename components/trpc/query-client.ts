import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { readError } from "./errors";

const ATTEMPTS_MAX = 2;

/**
 * Queries stay fresh for half a minute: the event stream patches them, refetching is the net below it. Nothing waits for
 * a network that the browser misses: the server may be on this machine, and what was pressed would be done later, when
 * nobody expects it any more.
 */
export function makeQueryClient(onError?: (error: unknown) => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        networkMode: "always",
        refetchOnReconnect: true,
        retry: (failures, error) => failures < ATTEMPTS_MAX && readError(error).isRetryable,
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}
