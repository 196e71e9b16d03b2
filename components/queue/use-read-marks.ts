import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { patchLists } from "@/components/live/patch";
import { useReader } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import type { QueueTaskSummary } from "@/contract/queue";

type Read = Pick<QueueTaskSummary, "id" | "version" | "unread">;

/** Notes that this operator has read a task; lists show it so, also when what noted it is gone by then. */
function useMark() {
  const trpc = useTRPC();
  const client = useQueryClient();
  return useMutation(
    trpc.queue.markTaskRead.mutationOptions({
      // No stream tells of a reader's marks.
      onSuccess: ({ taskId, taskVersion }) =>
        patchLists<QueueTaskSummary>(client, trpc.queue.listTasks.pathKey(), (task) =>
          task.id === taskId && task.version <= taskVersion && task.unread ? { ...task, unread: false } : task,
        ),
    }),
  ).mutate;
}

/** Marks tasks as read as they are shown. */
export function useReadMarks(): (tasks: readonly Read[]) => void {
  const readerId = useReader();
  const mark = useMark();
  return (tasks) => {
    for (const { id, version, unread } of tasks) if (unread) mark({ taskId: id, readerId, version });
  };
}

/** Opening a task marks it read, and so does every change while it is open. */
export function useTaskReading(task: Read | undefined): void {
  const readerId = useReader();
  const mark = useMark();
  const { id, version } = task ?? {};
  useEffect(() => {
    if (id === undefined || version === undefined || document.visibilityState !== "visible") return;
    mark({ taskId: id, readerId, version });
  }, [mark, id, readerId, version]);
}
