import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { taskGraph } from "@/components/queue/graph/graph-query";
import { TaskGraphView } from "@/components/queue/graph/task-graph-panel";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Tasks before and after" };

export default async function TaskGraphPage(props: { params: Promise<{ taskId: string }> }) {
  await requireIdentity();
  const taskId = decodeURIComponent((await props.params).taskId);
  await prefetch(taskGraph(trpc, taskId));
  return (
    <HydrateClient>
      <TaskGraphView key={taskId} taskId={taskId} />
    </HydrateClient>
  );
}
