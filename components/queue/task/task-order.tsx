"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowRight, X } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { toast } from "sonner";
import { useFrames } from "@/components/live/provider";
import { useThrottled } from "@/components/live/throttled";
import { useTaskCache } from "@/components/queue/use-task-cache";
import { taskAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { DEPENDENTS_SHOWN, dependentsOf } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { toastError } from "@/components/ui/error/error-toast";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Panel } from "@/components/ui/page";
import { State } from "@/components/ui/state";
import type { Dependency, QueueTaskDetail } from "@/contract/queue";
import type { OnDependencyFailed } from "@/contract/words";
import { stateWords } from "./explain";

const REFETCH_WAIT_MS = 300;
const POLICY_WORDS: Record<OnDependencyFailed, string> = {
  hold: "If a dependency fails, this task waits for a person.",
  fail: "If a dependency fails, this task fails too.",
  start: "If a dependency fails, this task starts anyway.",
};

/** What a task comes after and what comes after it, one step each way; nothing where there is neither. */
export function TaskOrder({ task }: { task: QueueTaskDetail }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const dependents = dependentsOf(trpc, task.id);
  const later = useQuery(dependents).data?.items ?? [];
  const isShown = new Set([...task.dependsOn.map(({ taskId }) => taskId), ...later.map(({ id }) => id)]);
  const refetch = useThrottled(REFETCH_WAIT_MS, () => {
    void client.invalidateQueries({ queryKey: trpc.queue.getTask.pathKey() });
    void client.invalidateQueries({ queryKey: dependents.queryKey });
  });
  useFrames("task", (frame) => isShown.has(frame.id) && refetch());
  const removal = useRemoveDependency(task);
  if (isShown.size === 0) return null;
  const dependency = { taskId: task.id, title: task.title, state: task.state };
  return (
    <Panel title="Dependencies">
      <div className="grid gap-2 p-4 text-sm sm:grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)_auto_minmax(0,1fr)] sm:items-center">
        <Side name="Depends on" tasks={task.dependsOn} none="None" removal={removal} />
        <Step />
        <div className="rounded-md border border-accent px-3 py-2" aria-current="true">
          <Line task={dependency} isOwn />
        </div>
        <Step />
        <Side
          name="Blocks"
          tasks={later.slice(0, DEPENDENTS_SHOWN).map(({ id, title, state }) => ({ taskId: id, title, state }))}
          none="None"
          foot={
            later.length > DEPENDENTS_SHOWN && (
              <Link
                href={`/queue?state=all&after=${encodeURIComponent(task.id)}`}
                className="text-xs text-accent hover:underline"
              >
                View all
              </Link>
            )
          }
        />
      </div>
      {task.onDependencyFailed !== null && (
        <p className="border-t px-4 py-2 text-xs text-ink-3">{POLICY_WORDS[task.onDependencyFailed]}</p>
      )}
    </Panel>
  );
}

type SideProps = {
  name: string;
  tasks: readonly Dependency[];
  none: string;
  /** Has the task no longer come after one of these; null: it may not. */
  removal?: Removal | null;
  foot?: ReactNode;
};

function Side({ name, tasks, none, removal = null, foot }: SideProps) {
  return (
    <section aria-label={name} className="flex min-w-0 flex-col gap-1.5">
      <h3 className="text-xs text-ink-3">{name}</h3>
      {tasks.length === 0 ? (
        <p className="text-xs text-ink-3">{none}</p>
      ) : (
        <ul className="flex max-h-72 flex-col gap-1.5 overflow-y-auto">
          {tasks.map((task) => (
            <li key={task.taskId} className="flex min-w-0 items-center gap-1 rounded-md border px-3 py-1.5">
              <Line task={task} />
              {removal !== null && <RemoveDependency removal={removal} dependency={task} />}
            </li>
          ))}
        </ul>
      )}
      {foot}
    </section>
  );
}

function Line({ task, isOwn = false }: { task: Dependency; isOwn?: boolean }) {
  return (
    <span className="flex min-w-0 flex-1 flex-wrap items-center gap-x-2">
      {isOwn ? (
        <span className="min-w-0 font-medium wrap-anywhere">{revealHidden(task.title)}</span>
      ) : (
        <Link
          href={taskAddress(task.taskId)}
          title={task.taskId}
          className="min-w-0 text-accent wrap-anywhere hover:underline"
        >
          {revealHidden(task.title)}
        </Link>
      )}
      <State isIconless {...stateWords(task.state)} />
    </span>
  );
}

function Step() {
  return <ArrowRight aria-hidden className="mx-auto size-4 shrink-0 text-ink-3 max-sm:rotate-90" />;
}

type Removal = { remove: (dependency: Dependency) => void; isPending: boolean };

/**
 * Has a waiting task no longer come after another; null where that is not to be. One at a time, and the next only once the
 * task is shown without it: what is left is sent as a whole, and would bring it back.
 */
function useRemoveDependency(task: QueueTaskDetail): Removal | null {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { accept } = useTaskCache();
  const canOperate = useCanOperate();
  const { mutate, isPending } = useMutation(
    trpc.queue.updateTask.mutationOptions({
      onSuccess: (changed) => {
        accept(changed);
        return client.invalidateQueries({ queryKey: trpc.queue.getTask.pathKey() });
      },
      onError: (error) => toastError(error),
    }),
  );
  if (!canOperate || task.state !== "pending") return null;
  const remove = ({ taskId, title }: Dependency) =>
    mutate(
      {
        taskId: task.id,
        dependsOn: task.dependsOn.flatMap((other) => (other.taskId === taskId ? [] : [{ taskId: other.taskId }])),
      },
      { onSuccess: () => void toast.success(`Dependency removed: ${revealHidden(title)}`) },
    );
  return { remove, isPending };
}

function RemoveDependency({ removal, dependency }: { removal: Removal; dependency: Dependency }) {
  return (
    <Button
      variant="ghost"
      size="icon-sm"
      className="size-6"
      aria-label={`Remove dependency ${revealHidden(dependency.title)}`}
      title="Remove dependency"
      disabled={removal.isPending}
      onClick={() => removal.remove(dependency)}
    >
      <X aria-hidden className="size-3.5" />
    </Button>
  );
}
