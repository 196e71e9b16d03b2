import type { Metadata } from "next";
import { redirect } from "next/navigation";
import type { SearchParams } from "nuqs/server";
import { createLoader, parseAsString } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { CompareView } from "@/components/compare/compare-view";
import { readerOf } from "@/components/shell/reader";
import { runPages, usageOfSession } from "@/components/trpc/lists";
import { getQueryClient, HydrateClient, prefetch, trpc, whenMarked } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Compare sessions" };
const load = createLoader({ left: parseAsString, right: parseAsString });

export default async function ComparePage(props: { searchParams: Promise<SearchParams> }) {
  const readerId = readerOf(await requireIdentity());
  const params = await props.searchParams;
  const requested = await load(params);
  await whenMarked();
  const [left, right] = await Promise.all([sessionOf(requested.left, readerId), sessionOf(requested.right, readerId)]);
  if (left !== requested.left || right !== requested.right) {
    const sides = Object.entries(params).filter((entry): entry is [string, string] => typeof entry[1] === "string");
    const sideParams = [left === null ? [] : [["left", left]], right === null ? [] : [["right", right]]].flat();
    redirect(`/compare?${new URLSearchParams({ ...Object.fromEntries(sides), ...Object.fromEntries(sideParams) })}`);
  }
  await Promise.all(
    [left, right].flatMap((sessionId) =>
      sessionId === null
        ? []
        : [
            prefetch(trpc.sessions.get.queryOptions({ sessionId, readerId })),
            prefetchPages(runPages(trpc, { sessionId })),
            prefetch(usageOfSession(trpc, sessionId)),
          ],
    ),
  );
  return (
    <HydrateClient>
      <CompareView />
    </HydrateClient>
  );
}

/** The session that an id leads to: its own, or that of a run, task or command. One that leads nowhere is told of as it is. */
async function sessionOf(id: string | null, readerId: string): Promise<string | null> {
  if (id === null) return null;
  const client = getQueryClient();
  const isSession = await client
    .fetchQuery(trpc.sessions.get.queryOptions({ sessionId: id, readerId }))
    .then(() => true)
    .catch(() => false);
  if (isSession) return id;
  const found = await ofRecord(id).catch(() => null);
  return found ?? id;
}

/** The session of a record that has one; it fails where there is no such record. */
async function ofRecord(id: string): Promise<string | null> {
  const client = getQueryClient();
  const ofRun = async (runId: string) => {
    const sessionId = (await client.fetchQuery(trpc.runs.get.queryOptions({ runId }))).sessionRef?.sessionId;
    return typeof sessionId === "string" ? sessionId : null;
  };
  switch (id.split("_")[0]) {
    case "run":
      return ofRun(id);
    case "cmd":
      return ofRun((await client.fetchQuery(trpc.commands.get.queryOptions({ commandId: id }))).runId);
    case "evt":
      return ofRun((await client.fetchQuery(trpc.events.get.queryOptions({ eventId: id }))).runId);
    case "rjob":
      return ofRun((await client.fetchQuery(trpc.runnerJobs.get.queryOptions({ runnerJobId: id }))).runId);
    case "apr":
      return (await client.fetchQuery(trpc.approvals.get.queryOptions({ approvalId: id }))).sessionId;
    case "qt":
      return (await client.fetchQuery(trpc.queue.getTask.queryOptions({ taskId: id }))).sessionId;
    default:
      return null;
  }
}
