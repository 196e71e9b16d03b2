import Link from "next/link";
import { notFound, redirect } from "next/navigation";
import { requireIdentity } from "@/app/(console)/identity";
import { eventAddress, runAddress, sessionAddress, taskAddress } from "@/components/shell/addresses";
import { buttonStyle } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/page";
import type { QueueTask } from "@/contract/queue";
import { getQueryClient, trpc } from "@/server/trpc/rsc";

/** `/r/<id>` leads to whatever record has that id, so that an id in a log is enough to find its page. */
export default async function ResolvePage(props: { params: Promise<{ id: string }> }) {
  await requireIdentity();
  const id = decodeURIComponent((await props.params).id);
  const found = await resolve(id).catch(() => null);
  if (found === null) notFound();
  if (typeof found !== "string") return <TaskWithoutPage task={found} />;
  redirect(found);
}

/** The address of a record's page, or a queue task that has none; null when there is no such record. */
async function resolve(id: string): Promise<string | QueueTask | null> {
  const client = getQueryClient();
  const [kind = ""] = id.split("_");
  switch (kind) {
    case "run":
      return runAddress(id);
    case "evt":
      return eventAddress(await client.fetchQuery(trpc.events.get.queryOptions({ eventId: id })));
    case "qt": {
      const task = await client.fetchQuery(trpc.queue.getTask.queryOptions({ taskId: id }));
      return taskAddress(task) ?? task;
    }
    case "cmd":
      return runAddress((await client.fetchQuery(trpc.commands.get.queryOptions({ commandId: id }))).runId);
    case "rjob":
      return runAddress((await client.fetchQuery(trpc.runnerJobs.get.queryOptions({ runnerJobId: id }))).runId);
    case "runner": {
      const { runId } = await client.fetchQuery(trpc.runners.get.queryOptions({ runnerId: id }));
      return runId === null ? "/runners" : runAddress(runId);
    }
    case "apr": {
      const approval = await client.fetchQuery(trpc.approvals.get.queryOptions({ approvalId: id }));
      return approval.sessionId === null ? runAddress(approval.runId) : `${sessionAddress(approval.sessionId)}#${id}`;
    }
    default:
      // A caller chooses a session's id, so anything else may be one.
      return sessionAddress(id);
  }
}

function TaskWithoutPage({ task }: { task: QueueTask }) {
  return (
    <main className="flex min-h-dvh items-center">
      <EmptyState
        title="Queue tasks have no page yet"
        action={
          <Link href="/sessions" className={buttonStyle()}>
            All sessions
          </Link>
        }
      >
        “{task.title}” is {task.state} in the queue {task.queue}, and has neither a session nor a run to show. Programs
        read it at <code className="wrap-anywhere">/api/v1/queue/tasks/{task.id}</code>.
      </EmptyState>
    </main>
  );
}
