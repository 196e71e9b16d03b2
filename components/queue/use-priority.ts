import { useMutation } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import type { QueueTask } from "@/contract/queue";
import { currentOf } from "./conflict";
import { useTaskCache } from "./use-task-cache";

/** Presses that come together are one change. */
const PRESSES_MS = 400;
const PRIORITY_MAX = 2_147_483_647;

type Wanted = { task: QueueTask; priority: number };

/**
 * Changes priorities by steps: shown at once, sent when the pressing stops, taken back by one press. One that was changed
 * by somebody else meanwhile is refused, and shown as it is now.
 */
export function usePriority() {
  const trpc = useTRPC();
  const { accept, put } = useTaskCache();
  const [wanted, setWanted] = useState<ReadonlyMap<string, Wanted>>(new Map());
  const timers = useRef(new Map<string, ReturnType<typeof setTimeout>>());
  const latest = useRef(wanted);
  useEffect(() => {
    latest.current = wanted;
  });
  const update = useMutation(trpc.queue.updateTask.mutationOptions());

  function want(id: string, next: Wanted | null): void {
    const map = new Map(latest.current);
    if (next === null) map.delete(id);
    else map.set(id, next);
    latest.current = map;
    setWanted(map);
  }

  function send(task: QueueTask, priority: number, isUndo: boolean): void {
    update.mutate(
      { taskId: task.id, priority, expectedVersion: task.version },
      {
        onSuccess: (answer) => {
          accept(answer);
          want(task.id, null);
          if (isUndo) return void toast.success(`Priority ${priority} again: ${task.title}`);
          toast.success(`Priority ${task.priority} → ${priority}: ${task.title}`, {
            action: { label: "Undo", onClick: () => send(answer, task.priority, true) },
          });
        },
        onError: (failure) => {
          want(task.id, null);
          const error = readError(failure);
          const current = currentOf<QueueTask>(error);
          if (current !== null) put(current);
          toast.error(current === null ? error.message : `${task.title} was changed meanwhile: look, and press again`);
        },
      },
    );
  }

  function change(task: QueueTask, by: number): void {
    const before = latest.current.get(task.id)?.priority ?? task.priority;
    const priority = Math.max(-PRIORITY_MAX, Math.min(PRIORITY_MAX, before + by));
    clearTimeout(timers.current.get(task.id));
    want(task.id, { task, priority });
    const timer = setTimeout(() => {
      timers.current.delete(task.id);
      const last = latest.current.get(task.id);
      if (last === undefined) return;
      if (last.priority === last.task.priority) want(task.id, null);
      else send(last.task, last.priority, false);
    }, PRESSES_MS);
    timers.current.set(task.id, timer);
  }

  /** What is shown: the priority that is on its way, or the task's own. */
  const shown = (task: QueueTask): number => wanted.get(task.id)?.priority ?? task.priority;
  return { change, shown };
}
