import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useFrames } from "@/components/live/provider";
import { KEEP_RUNNING_FETCH, useThrottled, useThrottledRefetch } from "@/components/live/throttled";
import { useTRPC, useTRPCClient } from "@/components/trpc/client";
import { toServerTime } from "@/components/ui/time/clock";
import type { StorageSummary } from "@/contract/storage";
import type { StorageFilter } from "./filter";
import { noteUnlisted } from "./unlisted";
import { useStorageCache } from "./use-storage-cache";

/** Changes of rows that come together are asked about together. */
const ROWS_REFETCH_WAIT_MS = 400;
/** Totals are counted over the whole table, and any session's change may move them: they may lag behind the rows. */
const TOTALS_REFETCH_WAIT_MS = 5_000;
/** More than these at once, and reading the list again is cheaper. */
const ROWS_REQUESTED_MAX = 12;

/**
 * Keeps the list of volumes as the stream tells it: the provider has patched what a session's frame holds; the pin, the
 * archive and the keeper are asked for, by row, so that no row moves. Returns the volumes that the list does not have yet.
 */
export function useStorageFrames(listed: readonly StorageSummary[], filter: StorageFilter) {
  const trpc = useTRPC();
  const api = useTRPCClient();
  const client = useQueryClient();
  const { updateCached } = useStorageCache();
  const [unlisted, setUnlisted] = useState<ReadonlySet<string>>(new Set());
  const sinceMs = useRef(Number.POSITIVE_INFINITY);
  useEffect(() => {
    sinceMs.current = Date.now();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another filter has other news.
  useEffect(() => setUnlisted(new Set()), [filter]);
  const changed = useRef(new Set<string>());

  const refetchRows = useThrottled(ROWS_REFETCH_WAIT_MS, async () => {
    const rows = { queryKey: trpc.storage.list.infiniteQueryKey() };
    const isMany = changed.current.size > ROWS_REQUESTED_MAX;
    // One under way may have been read before these changes.
    if (isMany && client.isFetching(rows) > 0) return refetchRows();
    const ids = [...changed.current];
    changed.current.clear();
    if (isMany) return client.invalidateQueries(rows, KEEP_RUNNING_FETCH);
    const answers = await Promise.allSettled(ids.map((sessionId) => api.storage.get.query({ sessionId })));
    // One that was deleted meanwhile is told by its own frame.
    for (const answer of answers) if (answer.status === "fulfilled") updateCached(answer.value);
  });
  const refetchTotals = useThrottledRefetch(TOTALS_REFETCH_WAIT_MS, trpc.storage.list.queryKey());

  useFrames("session", (frame) => {
    const isListed = listed.some((volume) => volume.sessionId === frame.sessionId);
    if (!isListed) {
      // The offset may have become known since the mount: both are turned to the server's time only here.
      const noted = { filter, sinceMs: toServerTime(sinceMs.current), nowMs: toServerTime(Date.now()) };
      setUnlisted((current) => noteUnlisted(current, frame, noted));
    }
    refetchTotals();
    if (!isListed || frame.kind !== "changed") return;
    changed.current.add(frame.sessionId);
    refetchRows();
  });

  return {
    unlisted: [...unlisted].filter((id) => !listed.some((volume) => volume.sessionId === id)),
    forget: () => {
      sinceMs.current = Date.now();
      setUnlisted(new Set());
    },
  };
}
