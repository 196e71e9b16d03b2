import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { readError } from "./errors";

const ATTEMPTS_MAX = 2;

/** Queries stay fresh for half a minute: the event stream patches them, refetching is the net below it. */
export function makeQueryClient(onError?: (error: unknown) => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({ onError }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (failures, error) => failures < ATTEMPTS_MAX && readError(error).isRetryable,
      },
      mutations: { retry: false },
    },
  });
}
