import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useFrames, useWatched } from "@/components/live/provider";
import { KEEP_RUNNING_FETCH, useThrottled, useThrottledRefetch } from "@/components/live/throttled";
import { useTRPC } from "@/components/trpc/client";

/** Figures may lag behind the rows, which the provider patches as they change. */
const STATS_REFETCH_WAIT_MS = 800;
/** The order of the list, and why each task waits, are asked for again after this. */
const LIST_REFETCH_WAIT_MS = 1_200;

/**
 * Keeps the queue's page as the stream tells it. While `isHeld`, because somebody is choosing rows, none moves: what has
 * changed is counted, and shown when it is asked for.
 */
export function useQueueLive(isHeld: boolean): { changes: number; show: () => void } {
  const trpc = useTRPC();
  const client = useQueryClient();
  const changed = useRef(new Set<string>());
  const [changes, setChanges] = useState(0);
  useWatched("tasks");

  const list = { queryKey: trpc.queue.listTasks.pathKey() };
  const show = () => {
    changed.current.clear();
    setChanges(0);
    void client.invalidateQueries(list, KEEP_RUNNING_FETCH);
  };
  const refetchList = useThrottled(LIST_REFETCH_WAIT_MS, () => {
    if (isHeld) return setChanges(changed.current.size);
    // One under way may have been read before these changes.
    if (client.isFetching(list) > 0) return refetchList();
    show();
  });
  const refetchStats = useThrottledRefetch(STATS_REFETCH_WAIT_MS, trpc.queue.commander.pathKey());
  const refetchControls = useThrottledRefetch(STATS_REFETCH_WAIT_MS, trpc.queue.listControls.pathKey());
  useFrames("task", (task) => {
    changed.current.add(task.id);
    refetchStats();
    refetchControls();
    refetchList();
  });
  return { changes, show };
}
