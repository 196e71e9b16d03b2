"use client";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useTRPC } from "@/components/trpc/client";
import type { QueueTaskDetail } from "@/contract/queue";

// Most tasks come after nothing.
const TaskGraphPanel = dynamic(() => import("./task-graph-panel").then((module) => module.TaskGraphPanel), {
  ssr: false,
});

/** As what stands before and after it is asked for, so that both are one question. */
const ASKED = 13;

/** A task among all that comes before and after it, where there is anything. */
export function TaskGraph({ task }: { task: QueueTaskDetail }) {
  const trpc = useTRPC();
  const later = useQuery(trpc.queue.listTasks.queryOptions({ dependsOn: task.id, limit: ASKED })).data?.items ?? [];
  if (task.dependencyCount === 0 && later.length === 0) return null;
  return <TaskGraphPanel taskId={task.id} />;
}
