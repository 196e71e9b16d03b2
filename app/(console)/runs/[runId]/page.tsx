import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { createLoader, parseAsStringLiteral } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { RunView } from "@/components/runs/run-view";
import { RUN_TABS } from "@/components/runs/tabs";
import { COMMANDS_PAGE, commandsKey } from "@/components/sessions/commands-key";
import { approvalPages, usageOfRun } from "@/components/trpc/lists";
import { shortenId } from "@/components/ui/format";
import { getQueryClient, HydrateClient, prefetch, trpc, whenMarked } from "@/server/trpc/rsc";

const loadTab = createLoader({ tab: parseAsStringLiteral(RUN_TABS).withDefault("overview") });

type RunPageProps = { params: Promise<{ runId: string }>; searchParams: Promise<SearchParams> };

/** Of several tabs each tells which run it shows. */
export async function generateMetadata(props: RunPageProps): Promise<Metadata> {
  return { title: `Run ${shortenId(decodeURIComponent((await props.params).runId))}` };
}

export default async function RunPage(props: RunPageProps) {
  await requireIdentity();
  const runId = decodeURIComponent((await props.params).runId);
  const { tab } = await loadTab(props.searchParams);
  await Promise.all([
    prefetch(trpc.runs.get.queryOptions({ runId })),
    prefetch(trpc.runnerJobs.list.queryOptions({ runId })),
    prefetch(usageOfRun(trpc, runId)),
    prefetchPages(approvalPages(trpc, { runId, status: "pending" })),
    ...(tab === "overview" ? [prefetch(trpc.runs.timeline.queryOptions({ runId })), prefetchCommands(runId)] : []),
  ]);
  return (
    <HydrateClient>
      <RunView key={runId} runId={runId} tab={tab} />
    </HydrateClient>
  );
}

/** The run's commands, where one page holds them all: why a run waits is told by them. */
async function prefetchCommands(runId: string): Promise<void> {
  await whenMarked();
  const client = getQueryClient();
  const page = await client
    .fetchQuery(trpc.commands.list.queryOptions({ runId, limit: COMMANDS_PAGE }))
    .catch(() => null);
  if (page !== null && page.cursor === null) client.setQueryData(commandsKey(runId), page.items);
}
