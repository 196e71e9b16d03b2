import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";

/** A fetch under way is not cut off by the next change: a slow one would never end. */
export const KEEP_RUNNING_FETCH = { cancelRefetch: false };

/** Calls the latest `run` once for all that is asked for within a while. */
export function useThrottled(waitMs: number, run: () => unknown): () => void {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      void latest.current();
    }, waitMs);
  };
}

/** Asks for what is cached under a key again, once for all changes within a while; one under way may have been read before. */
export function useThrottledRefetch(waitMs: number, queryKey: QueryKey): () => void {
  const client = useQueryClient();
  const refetch = useThrottled(waitMs, () => {
    if (client.isFetching({ queryKey }) > 0) refetch();
    else void client.invalidateQueries({ queryKey }, KEEP_RUNNING_FETCH);
  });
  return refetch;
}
