"use client";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import { useTRPC } from "@/components/trpc/client";
import { dependentsOf } from "@/components/trpc/lists";
import { Panel } from "@/components/ui/page";
import type { QueueTaskDetail } from "@/contract/queue";
import { GraphComing } from "./graph-coming";

// Most tasks come after nothing.
const TaskGraphPanel = dynamic(() => import("./task-graph-panel").then((module) => module.TaskGraphPanel), {
  ssr: false,
  loading: () => (
    <Panel title="Dependency graph">
      <GraphComing />
    </Panel>
  ),
});

/** A task among all that comes before and after it, where there is anything. */
export function TaskGraph({ task }: { task: QueueTaskDetail }) {
  const later = useQuery(dependentsOf(useTRPC(), task.id)).data?.items ?? [];
  if (task.dependencyCount === 0 && later.length === 0) return null;
  return <TaskGraphPanel taskId={task.id} />;
}
