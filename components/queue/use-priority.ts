import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { revealHidden } from "@/components/ui/hidden-characters";
import { toastUndo } from "@/components/ui/undo";
import type { QueueTask } from "@/contract/queue";
import { toastRefused } from "./conflict";
import { useTaskCache } from "./use-task-cache";

/** Presses that come together are one change. */
const PRESSES_MS = 400;
const PRIORITY_MAX = 2_147_483_647;

/** What a series of presses wants: from where it began, to where it has come. */
type PendingPriority = { task: QueueTask; from: number; priority: number };

/**
 * Changes priorities by steps: shown at once, sent when the pressing stops, taken back by one press. What is pressed while
 * a change is on its way follows it. One that was changed by somebody else meanwhile is refused, and shown as it is now.
 */
export function usePriority() {
  const trpc = useTRPC();
  const { accept, updateCached } = useTaskCache();
  const [pendingPriorities, setPendingPriorities] = useState<ReadonlyMap<string, PendingPriority>>(new Map());
  const timers = useRef(new Map<string, ReturnType<typeof setTimeout>>());
  const underWay = useRef(new Set<string>());
  const latest = useRef(pendingPriorities);
  const update = useMutation(trpc.queue.updateTask.mutationOptions());

  function want(id: string, next: PendingPriority | null): void {
    const map = new Map(latest.current);
    if (next === null) map.delete(id);
    else map.set(id, next);
    latest.current = map;
    setPendingPriorities(map);
  }

  async function send(series: PendingPriority, isUndo: boolean): Promise<void> {
    const { task, from, priority } = series;
    underWay.current.add(task.id);
    try {
      const answer = await update.mutateAsync({ taskId: task.id, priority, expectedVersion: task.version });
      accept(answer);
      const now = latest.current.get(task.id);
      if (now !== undefined && now.priority !== priority) {
        // Pressed meanwhile: the same series, from what has just been stored.
        want(task.id, { ...now, task: answer });
        return clearPending(task.id);
      }
      want(task.id, null);
      if (isUndo) return void toast.success(`Priority restored to ${priority}: ${revealHidden(task.title)}`);
      const undo = { task: answer, from: priority, priority: from };
      toastUndo(`Priority ${from} → ${priority}: ${revealHidden(task.title)}`, () => void send(undo, true));
    } catch (failure) {
      want(task.id, null);
      toastRefused<QueueTask>(
        failure,
        updateCached,
        `${revealHidden(task.title)} was changed by someone else. Check it and try again`,
      );
    } finally {
      underWay.current.delete(task.id);
    }
  }

  /** Sends what is wanted once nobody has pressed for a moment. */
  function clearPending(id: string): void {
    clearTimeout(timers.current.get(id));
    const timer = setTimeout(() => {
      timers.current.delete(id);
      const series = latest.current.get(id);
      // One that is on its way looks again when it is through.
      if (series === undefined || underWay.current.has(id)) return;
      if (series.priority === series.task.priority) want(id, null);
      else void send(series, false);
    }, PRESSES_MS);
    timers.current.set(id, timer);
  }

  function change(task: QueueTask, by: number): void {
    const pendingChange = latest.current.get(task.id);
    const before = pendingChange?.priority ?? task.priority;
    const priority = Math.max(-PRIORITY_MAX, Math.min(PRIORITY_MAX, before + by));
    const latestTask =
      pendingChange !== undefined && pendingChange.task.version > task.version ? pendingChange.task : task;
    want(task.id, { task: latestTask, from: pendingChange?.from ?? task.priority, priority });
    clearPending(task.id);
  }

  /** What is shown: the priority that is on its way, or the task's own. */
  const shownPriority = (task: QueueTask): number => pendingPriorities.get(task.id)?.priority ?? task.priority;
  return { change, shownPriority };
}
