import { notFound, redirect } from "next/navigation";
import { requireIdentity } from "@/app/(console)/identity";
import { findRecord, type RecordReader } from "@/components/shell/records";
import { viewsOf } from "@/components/trpc/lists";
import { getQueryClient, trpc } from "@/server/trpc/rsc";

/** `/r/<id>` leads to whatever record has that id, so that an id in a log is enough to find its page. */
export default async function ResolvePage(props: { params: Promise<{ id: string }> }) {
  await requireIdentity();
  const id = decodeURIComponent((await props.params).id);
  const found = await findRecord(id, reader()).catch(nullWhereThereIsNone);
  if (found === null) notFound();
  redirect(found);
}

/** Anything but an id that nothing has is told as what it is: an outage is no record that is not there. */
function nullWhereThereIsNone(error: unknown): null {
  const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
  if (code === "NOT_FOUND" || code === "BAD_REQUEST") return null;
  throw error;
}

function reader(): RecordReader {
  const client = getQueryClient();
  return {
    event: (eventId) => client.fetchQuery(trpc.events.get.queryOptions({ eventId })),
    command: (commandId) => client.fetchQuery(trpc.commands.get.queryOptions({ commandId })),
    runnerJob: (runnerJobId) => client.fetchQuery(trpc.runnerJobs.get.queryOptions({ runnerJobId })),
    approval: (approvalId) => client.fetchQuery(trpc.approvals.get.queryOptions({ approvalId })),
    modelCall: async (callId) =>
      (await client.fetchQuery(trpc.usage.calls.queryOptions({ callId, limit: 1 }))).items[0],
    view: async (viewId) => (await client.fetchQuery(viewsOf(trpc))).items.find(({ id }) => id === viewId),
    attachment: (attachmentId) => client.fetchQuery(trpc.attachments.get.queryOptions({ attachmentId })),
    delivery: (deliveryId) => client.fetchQuery(trpc.webhooks.delivery.queryOptions({ deliveryId })),
  };
}
