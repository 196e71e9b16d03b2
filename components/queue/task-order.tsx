"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowRight, X } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { toast } from "sonner";
import { useGathered } from "@/components/live/gathered";
import { useFrames } from "@/components/live/provider";
import { taskAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { showTricks } from "@/components/ui/hidden-text";
import { Panel } from "@/components/ui/page";
import { State } from "@/components/ui/state";
import type { Dependency, QueueTaskDetail } from "@/contract/queue";
import type { OnDependencyFailed } from "@/contract/words";
import { stateWords } from "./explain";
import { useTaskCache } from "./use-task-cache";

const SHOWN = 12;
const GATHER_MS = 300;
const POLICY_WORDS: Record<OnDependencyFailed, string> = {
  hold: "If a dependency fails, this task waits for a person.",
  fail: "If a dependency fails, this task fails too.",
  start: "If a dependency fails, this task starts anyway.",
};

/** What a task comes after and what comes after it, one step each way; nothing where there is neither. */
export function TaskOrder({ task }: { task: QueueTaskDetail }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const asked = { dependsOn: task.id, limit: SHOWN + 1 };
  const later = useQuery(trpc.queue.listTasks.queryOptions(asked)).data?.items ?? [];
  const isShown = new Set([...task.dependsOn.map(({ taskId }) => taskId), ...later.map(({ id }) => id)]);
  const askAgain = useGathered(GATHER_MS, () => {
    void client.invalidateQueries({ queryKey: trpc.queue.getTask.pathKey() });
    void client.invalidateQueries({ queryKey: trpc.queue.listTasks.queryKey(asked) });
  });
  useFrames("task", (frame) => isShown.has(frame.id) && askAgain());
  if (isShown.size === 0) return null;
  const own = { taskId: task.id, title: task.title, state: task.state };
  return (
    <Panel title="Dependencies">
      <div className="grid gap-2 p-4 text-sm sm:grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)_auto_minmax(0,1fr)] sm:items-center">
        <Side name="Depends on" tasks={task.dependsOn} none="None" dropFrom={task} />
        <Step />
        <div className="rounded-md border border-accent px-3 py-2" aria-current="true">
          <Line task={own} isOwn />
        </div>
        <Step />
        <Side
          name="Blocks"
          tasks={later.slice(0, SHOWN).map(({ id, title, state }) => ({ taskId: id, title, state }))}
          none="None"
          foot={
            later.length > SHOWN && (
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
  /** The task that may no longer come after these. */
  dropFrom?: QueueTaskDetail;
  foot?: ReactNode;
};

function Side({ name, tasks, none, dropFrom, foot }: SideProps) {
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
              {dropFrom !== undefined && <Drop task={dropFrom} one={task} />}
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
        <span className="min-w-0 font-medium wrap-anywhere">{showTricks(task.title)}</span>
      ) : (
        <Link
          href={taskAddress(task.taskId)}
          title={task.taskId}
          className="min-w-0 text-accent wrap-anywhere hover:underline"
        >
          {showTricks(task.title)}
        </Link>
      )}
      <State isBare {...stateWords(task.state)} />
    </span>
  );
}

function Step() {
  return <ArrowRight aria-hidden className="mx-auto size-4 shrink-0 text-ink-3 max-sm:rotate-90" />;
}

/** Has a waiting task no longer come after another. */
function Drop({ task, one }: { task: QueueTaskDetail; one: Dependency }) {
  const trpc = useTRPC();
  const { accept } = useTaskCache();
  const canOperate = useCanOperate();
  const drop = useMutation(
    trpc.queue.updateTask.mutationOptions({
      onSuccess: (changed) => {
        accept(changed);
        toast.success(`Dependency removed: ${showTricks(one.title)}`);
      },
    }),
  );
  if (!canOperate || task.state !== "pending") return null;
  const rest = task.dependsOn.flatMap(({ taskId }) => (taskId === one.taskId ? [] : [{ taskId }]));
  return (
    <Button
      look="ghost"
      size="icon-sm"
      className="size-6"
      aria-label={`Remove dependency ${showTricks(one.title)}`}
      title="Remove dependency"
      disabled={drop.isPending}
      onClick={() => drop.mutate({ taskId: task.id, dependsOn: rest })}
    >
      <X aria-hidden className="size-3.5" />
    </Button>
  );
}
