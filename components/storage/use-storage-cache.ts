import { useQueryClient } from "@tanstack/react-query";
import { patchLists } from "@/components/live/patch";
import { useTRPC } from "@/components/trpc/client";
import type { StorageSummary } from "@/contract/storage";

/** Puts what the server answered in the place of what is shown, everywhere. */
export function useStorageCache() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const updateCached = (summary: StorageSummary): void => {
    client.setQueryData(trpc.storage.get.queryKey({ sessionId: summary.sessionId }), summary);
    patchLists<StorageSummary>(client, trpc.storage.list.pathKey(), (item) =>
      item.sessionId === summary.sessionId ? summary : item,
    );
  };
  /** The same of what an action answered: what depends on it is asked for again. */
  const accept = (summary: StorageSummary): void => {
    updateCached(summary);
    // The totals alone: were the rows asked for again, they would change places under the hand that just used one.
    void client.invalidateQueries({ queryKey: trpc.storage.list.queryKey() });
    void client.invalidateQueries({ queryKey: trpc.sessions.pathKey() });
  };
  return { updateCached, accept };
}
