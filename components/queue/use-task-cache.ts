import { useQueryClient } from "@tanstack/react-query";
import { patchTasks } from "@/components/live/patch";
import { useTRPC } from "@/components/trpc/client";
import type { QueueTask } from "@/contract/queue";

/** Puts what the server answered of a task in the place of what is shown, everywhere. */
export function useTaskCache() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const updateCached = (task: QueueTask): void => patchTasks(client, trpc, (id) => (id === task.id ? task : undefined));
  /** The same of what an action answered: what depends on it is asked for again. */
  const accept = (task: QueueTask): void => {
    updateCached(task);
    void client.invalidateQueries({ queryKey: trpc.queue.pathKey() });
  };
  return { updateCached, accept };
}
