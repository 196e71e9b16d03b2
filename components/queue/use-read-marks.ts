import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { getLatePatches } from "@/components/live/late-patches";
import { patchLists, patchRead } from "@/components/live/patch";
import { useReader } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { toastError } from "@/components/ui/error/error-toast";
import type { MarkTasksReadInput, QueueTaskSummary } from "@/contract/queue";

type Read = Pick<QueueTaskSummary, "id" | "version" | "unread">;
/** Calls that mark all that a filter matches, at most: what is left then is left to another press. */
const CALLS_MAX = 100;

/** Notes that this operator has read tasks; lists show it so, also when what noted it is gone by then. */
function useMarks() {
  const trpc = useTRPC();
  const client = useQueryClient();
  return useMutation(
    trpc.queue.markTasksRead.mutationOptions({
      // No stream tells of a reader's marks.
      onSuccess: ({ items }) => {
        const readVersions = new Map(items.map(({ taskId, taskVersion }) => [taskId, taskVersion]));
        // A list that is being fetched may have been read just before.
        getLatePatches(client).apply(`read ${[...readVersions.keys()].join(" ")}`, (only) =>
          patchLists<QueueTaskSummary>(
            client,
            trpc.queue.listTasks.pathKey(),
            (task) => patchRead(task, readVersions.get(task.id)),
            only,
          ),
        );
      },
    }),
  );
}

/** Marks some tasks as read as they are shown, or all that a filter matches, loaded or not. */
export function useReadMarks() {
  const readerId = useReader();
  const { mutate, mutateAsync } = useMarks();
  async function markAll(filter: NonNullable<MarkTasksReadInput["filter"]>): Promise<void> {
    for (let calls = 0; calls < CALLS_MAX; calls += 1) {
      const { hasMore } = await mutateAsync({ readerId, filter });
      if (!hasMore) return;
    }
  }
  return {
    some(shown: readonly Read[]): void {
      const tasks = shown.flatMap(({ id, version, unread }) => (unread ? { taskId: id, version } : []));
      if (tasks.length > 0) mutate({ readerId, tasks });
    },
    all: (filter: NonNullable<MarkTasksReadInput["filter"]>): void => void markAll(filter).catch(toastError),
  };
}

/** Opening a task marks it read, and so does every change while it is open. */
export function useTaskReading(task: Read | undefined): void {
  const readerId = useReader();
  const { mutate } = useMarks();
  const { id, version } = task ?? {};
  useEffect(() => {
    if (id === undefined || version === undefined || document.visibilityState !== "visible") return;
    mutate({ readerId, tasks: [{ taskId: id, version }] });
  }, [mutate, id, readerId, version]);
}
