import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { createLoader, parseAsStringLiteral } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { RunView } from "@/components/runs/run-view";
import { RUN_TABS } from "@/components/runs/tabs";
import { usageOfRun } from "@/components/trpc/lists";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Run" };
const loadTab = createLoader({ tab: parseAsStringLiteral(RUN_TABS).withDefault("overview") });

type RunPageProps = { params: Promise<{ runId: string }>; searchParams: Promise<SearchParams> };

export default async function RunPage(props: RunPageProps) {
  await requireIdentity();
  const runId = decodeURIComponent((await props.params).runId);
  const { tab } = await loadTab(props.searchParams);
  await Promise.all([
    prefetch(trpc.runs.get.queryOptions({ runId })),
    prefetch(trpc.runnerJobs.list.queryOptions({ runId })),
    prefetch(usageOfRun(trpc, runId)),
    ...(tab === "overview" ? [prefetch(trpc.runs.timeline.queryOptions({ runId }))] : []),
  ]);
  return (
    <HydrateClient>
      <RunView key={runId} runId={runId} tab={tab} />
    </HydrateClient>
  );
}
