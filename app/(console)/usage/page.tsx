import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { USAGE_FILTERS } from "@/components/usage/filter";
import { usageByDay, usageByGroup } from "@/components/usage/queries";
import { UsageView } from "@/components/usage/usage-view";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Usage" };
const loadFilter = createLoader(USAGE_FILTERS);

export default async function UsagePage(props: { searchParams: Promise<SearchParams> }) {
  await requireIdentity();
  const filter = await loadFilter(props.searchParams);
  await Promise.all([prefetch(usageByDay(trpc, filter)), prefetch(usageByGroup(trpc, filter))]);
  return (
    <HydrateClient>
      <UsageView />
    </HydrateClient>
  );
}
