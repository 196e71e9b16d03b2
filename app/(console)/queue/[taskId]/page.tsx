import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { TaskView } from "@/components/queue/task-view";
import { readerOf } from "@/components/shell/reader";
import { attemptPages, usageOfTask } from "@/components/trpc/lists";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Task" };

export default async function TaskPage(props: { params: Promise<{ taskId: string }> }) {
  const readerId = readerOf(await requireIdentity());
  const taskId = decodeURIComponent((await props.params).taskId);
  await Promise.all([
    prefetch(trpc.queue.getTask.queryOptions({ taskId, readerId })),
    prefetch(usageOfTask(trpc, taskId)),
    prefetchPages(attemptPages(trpc, taskId)),
  ]);
  return (
    <HydrateClient>
      <TaskView key={taskId} taskId={taskId} />
    </HydrateClient>
  );
}
