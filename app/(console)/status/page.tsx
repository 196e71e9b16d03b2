import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { StatusView } from "@/components/status/status-view";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Status" };

export default async function StatusPage() {
  await requireIdentity();
  await prefetch(trpc.health.get.queryOptions());
  return (
    <HydrateClient>
      <StatusView />
    </HydrateClient>
  );
}
