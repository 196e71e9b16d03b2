import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useGathered } from "@/components/live/gathered";
import { useFrames, useWatchedTasks } from "@/components/live/provider";
import { useTRPC } from "@/components/trpc/client";

/** Figures may lag behind the rows, which the provider patches as they change. */
const FIGURES_GATHER_MS = 800;
/** The order of the list, and why each task waits, are asked for again after this. */
const LIST_GATHER_MS = 1_200;
/** A fetch under way is not cut off by the next change: a slow one would never end. */
const TO_ITS_END = { cancelRefetch: false };

/**
 * Keeps the queue's page as the stream tells it. While `isHeld`, because somebody is choosing rows, none moves: what has
 * changed is counted, and shown when it is asked for.
 */
export function useQueueLive(isHeld: boolean): { changes: number; show: () => void } {
  const trpc = useTRPC();
  const client = useQueryClient();
  const changed = useRef(new Set<string>());
  const [changes, setChanges] = useState(0);
  useWatchedTasks();

  const list = { queryKey: trpc.queue.listTasks.infiniteQueryKey() };
  const show = () => {
    changed.current.clear();
    setChanges(0);
    void client.invalidateQueries(list, TO_ITS_END);
  };
  const askForList = useGathered(LIST_GATHER_MS, () => {
    if (isHeld) return setChanges(changed.current.size);
    // One under way may have been read before these changes.
    if (client.isFetching(list) > 0) return askForList();
    show();
  });
  const askForFigures = useGathered(FIGURES_GATHER_MS, () => {
    for (const queryKey of [trpc.queue.commander.pathKey(), trpc.queue.listControls.pathKey()])
      void client.invalidateQueries({ queryKey }, TO_ITS_END);
  });
  useFrames("task", (task) => {
    changed.current.add(task.id);
    askForFigures();
    askForList();
  });
  return { changes, show };
}
