import { notFound, redirect } from "next/navigation";
import { requireIdentity } from "@/app/(console)/identity";
import { getQueryClient, trpc } from "@/server/trpc/rsc";

/** `/r/<id>` leads to whatever record has that id, so that an id in a log is enough to find its page. */
export default async function ResolvePage(props: { params: Promise<{ id: string }> }) {
  await requireIdentity();
  const id = decodeURIComponent((await props.params).id);
  const address = await resolve(id).catch(() => null);
  if (address === null) notFound();
  redirect(address);
}

async function resolve(id: string): Promise<string | null> {
  const client = getQueryClient();
  const [kind = ""] = id.split("_");
  const run = (runId: string) => `/runs/${encodeURIComponent(runId)}`;
  switch (kind) {
    case "run":
      return run(id);
    case "cmd":
      return run((await client.fetchQuery(trpc.commands.get.queryOptions({ commandId: id }))).runId);
    case "rjob":
      return run((await client.fetchQuery(trpc.runnerJobs.get.queryOptions({ runnerJobId: id }))).runId);
    case "runner": {
      const { runId } = await client.fetchQuery(trpc.runners.get.queryOptions({ runnerId: id }));
      return runId === null ? "/runners" : run(runId);
    }
    case "apr": {
      const approval = await client.fetchQuery(trpc.approvals.get.queryOptions({ approvalId: id }));
      return approval.sessionId === null
        ? run(approval.runId)
        : `/sessions/${encodeURIComponent(approval.sessionId)}#${id}`;
    }
    default:
      // A caller chooses a session's id, so anything else may be one.
      return `/sessions/${encodeURIComponent(id)}`;
  }
}
