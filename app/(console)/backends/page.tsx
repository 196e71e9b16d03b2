import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { BackendsView } from "@/components/backends/backends-view";
import { USE_DAYS, WITHIN } from "@/components/backends/windows";
import { usageOfProfiles } from "@/components/trpc/lists";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Backends" };

const loadWithin = createLoader({ within: WITHIN });

export default async function BackendsPage(props: { searchParams: Promise<SearchParams> }) {
  await requireIdentity();
  const { within } = await loadWithin(props.searchParams);
  await Promise.all([prefetch(trpc.backends.list.queryOptions()), prefetch(usageOfProfiles(trpc, USE_DAYS[within]))]);
  return (
    <HydrateClient>
      <BackendsView />
    </HydrateClient>
  );
}
