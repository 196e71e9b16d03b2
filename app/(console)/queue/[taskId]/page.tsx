import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { TaskView } from "@/components/queue/task/task-view";
import { readerOf } from "@/components/shell/reader";
import { attemptPages, dependentsOf, usageOfTask } from "@/components/trpc/lists";
import { revealHidden } from "@/components/ui/hidden-characters";
import { getQueryClient, HydrateClient, prefetch, trpc, whenMarked } from "@/server/trpc/rsc";

type TaskPageProps = { params: Promise<{ taskId: string }> };

/** The tab's name is the task's; what is fetched for it is what the page needs anyway. */
export async function generateMetadata(props: TaskPageProps): Promise<Metadata> {
  const readerId = readerOf(await requireIdentity());
  const task = await taskOf(decodeURIComponent((await props.params).taskId), readerId);
  return { title: revealHidden(task?.title) ?? "Task" };
}

export default async function TaskPage(props: TaskPageProps) {
  const readerId = readerOf(await requireIdentity());
  const taskId = decodeURIComponent((await props.params).taskId);
  const task = await taskOf(taskId, readerId);
  const dependents = dependentsOf(trpc, taskId);
  await Promise.all([
    prefetch(dependents),
    ...(task?.runId == null ? [] : [prefetch(trpc.runs.get.queryOptions({ runId: task.runId }))]),
    ...(task?.state === "pending" ? [prefetch(trpc.queue.explain.queryOptions({ taskId }))] : []),
    prefetch(usageOfTask(trpc, taskId)),
    prefetchPages(attemptPages(trpc, taskId)),
  ]);
  return (
    <HydrateClient>
      <TaskView key={taskId} taskId={taskId} />
    </HydrateClient>
  );
}

/** null where there is none, or it cannot be read: the page says so. */
async function taskOf(taskId: string, readerId: string) {
  await whenMarked();
  return getQueryClient()
    .fetchQuery(trpc.queue.getTask.queryOptions({ taskId, readerId }))
    .catch(() => null);
}
