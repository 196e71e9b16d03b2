import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { createLoader } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { RUNNER_FILTERS, runnersInput } from "@/components/runners/filter";
import { RunnersView } from "@/components/runners/runners-view";
import { newestBulk, runnerFigures, runnerPages, viewsOf } from "@/components/trpc/lists";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Runners" };
const loadFilter = createLoader(RUNNER_FILTERS);

export default async function RunnersPage(props: { searchParams: Promise<SearchParams> }) {
  await requireIdentity();
  const input = runnersInput(await loadFilter(props.searchParams));
  await Promise.all([
    prefetchPages(runnerPages(trpc, input)),
    prefetch(runnerFigures(trpc)),
    prefetch(newestBulk(trpc, "runner")),
    prefetch(viewsOf(trpc, "runners")),
  ]);
  return (
    <HydrateClient>
      <RunnersView />
    </HydrateClient>
  );
}
