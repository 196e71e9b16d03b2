import type { QueryKey } from "@tanstack/react-query";
import { useAskAgain } from "@/components/live/gathered";
import { useFrames } from "@/components/live/provider";

/** Has rows of the audit log read again when the stream tells of what they are written with. */
export function useAskWhenDone(queryKey: QueryKey, gatherMs: number): void {
  const ask = useAskAgain(gatherMs, queryKey);
  useFrames("run", ask);
  useFrames("session", ask);
  useFrames("approval", ask);
}
