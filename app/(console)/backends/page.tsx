import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { BackendsView } from "@/components/backends/backends-view";
import { usageOfProfiles } from "@/components/trpc/lists";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Backends" };

export default async function BackendsPage() {
  await requireIdentity();
  await Promise.all([prefetch(trpc.backends.list.queryOptions()), prefetch(usageOfProfiles(trpc))]);
  return (
    <HydrateClient>
      <BackendsView />
    </HydrateClient>
  );
}
