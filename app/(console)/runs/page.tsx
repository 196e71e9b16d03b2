import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { createLoader } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { RUN_FILTERS, runsInput } from "@/components/runs/filter";
import { RunsView } from "@/components/runs/runs-view";
import { newestBulk, runFailures, runPages, viewsOf } from "@/components/trpc/lists";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Runs" };
const loadFilter = createLoader(RUN_FILTERS);

export default async function RunsPage(props: { searchParams: Promise<SearchParams> }) {
  await requireIdentity();
  const input = runsInput(await loadFilter(props.searchParams));
  await Promise.all([
    prefetchPages(runPages(trpc, input)),
    prefetch(runFailures(trpc)),
    prefetch(newestBulk(trpc, "run")),
    prefetch(viewsOf(trpc, "runs")),
  ]);
  return (
    <HydrateClient>
      <RunsView />
    </HydrateClient>
  );
}
