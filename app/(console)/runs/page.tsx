import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { createLoader } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { RUN_FILTERS, runsInput } from "@/components/runs/filter";
import { RunsView } from "@/components/runs/runs-view";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Runs" };
const loadFilter = createLoader(RUN_FILTERS);

export default async function RunsPage(props: { searchParams: Promise<SearchParams> }) {
  await requireIdentity();
  const input = runsInput(await loadFilter(props.searchParams));
  await prefetch(trpc.runs.list.infiniteQueryOptions(input, { getNextPageParam: (page) => page.cursor ?? undefined }));
  return (
    <HydrateClient>
      <RunsView />
    </HydrateClient>
  );
}
