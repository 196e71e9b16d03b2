import type { QueryKey } from "@tanstack/react-query";
import { useFrames } from "@/components/live/provider";
import { useThrottledRefetch } from "@/components/live/throttled";

/** Has rows of the audit log read again when the stream tells of what they are written with. */
export function useRefetchWhenDone(queryKey: QueryKey, gatherMs: number): void {
  const refetch = useThrottledRefetch(gatherMs, queryKey);
  useFrames("run", refetch);
  useFrames("session", refetch);
  useFrames("approval", refetch);
}
