import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { BackendsView } from "@/components/backends/backends-view";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Backends" };

export default async function BackendsPage() {
  await requireIdentity();
  await prefetch(trpc.backends.list.queryOptions());
  return (
    <HydrateClient>
      <BackendsView />
    </HydrateClient>
  );
}
