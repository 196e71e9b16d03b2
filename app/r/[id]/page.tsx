import { notFound, redirect } from "next/navigation";
import { requireIdentity } from "@/app/(console)/identity";
import {
  auditAddress,
  eventAddress,
  runAddress,
  runnerAddress,
  sessionAddress,
  taskAddress,
} from "@/components/shell/addresses";
import { getQueryClient, trpc } from "@/server/trpc/rsc";

/** `/r/<id>` leads to whatever record has that id, so that an id in a log is enough to find its page. */
export default async function ResolvePage(props: { params: Promise<{ id: string }> }) {
  await requireIdentity();
  const id = decodeURIComponent((await props.params).id);
  const found = await resolve(id).catch(() => null);
  if (found === null) notFound();
  redirect(found);
}

/** The address of a record's page; it fails where there is no such record. */
async function resolve(id: string): Promise<string> {
  const client = getQueryClient();
  const [kind = ""] = id.split("_");
  switch (kind) {
    case "run":
      return runAddress(id);
    case "evt":
      return eventAddress(await client.fetchQuery(trpc.events.get.queryOptions({ eventId: id })));
    case "qt":
      return taskAddress(id);
    case "cmd":
      return runAddress((await client.fetchQuery(trpc.commands.get.queryOptions({ commandId: id }))).runId);
    case "rjob":
      return runAddress((await client.fetchQuery(trpc.runnerJobs.get.queryOptions({ runnerJobId: id }))).runId);
    case "runner":
      return runnerAddress(id);
    case "aud":
      return `/audit?id=${encodeURIComponent(id)}`;
    case "tok":
      return `/settings#${encodeURIComponent(id)}`;
    case "bulk":
    case "man":
      return auditAddress(id);
    case "apr": {
      const approval = await client.fetchQuery(trpc.approvals.get.queryOptions({ approvalId: id }));
      return approval.sessionId === null ? runAddress(approval.runId) : `${sessionAddress(approval.sessionId)}#${id}`;
    }
    default:
      // A caller chooses a session's id, so anything else may be one.
      return sessionAddress(id);
  }
}
