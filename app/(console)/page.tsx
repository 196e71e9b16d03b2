import type { Metadata } from "next";
import { OverviewView } from "@/components/overview/overview-view";
import { OVERVIEW_QUERIES } from "@/components/overview/queries";
import { readerOf } from "@/components/shell/reader";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";
import { requireIdentity } from "./identity";

export const metadata: Metadata = { title: "Overview" };

export default async function OverviewPage() {
  const inputs = OVERVIEW_QUERIES(readerOf(await requireIdentity()));
  await Promise.all([
    prefetch(trpc.approvals.list.queryOptions(inputs.approvals)),
    prefetch(trpc.sessions.list.queryOptions(inputs.running)),
    prefetch(trpc.sessions.list.queryOptions(inputs.unread)),
    prefetch(trpc.runs.list.queryOptions(inputs.failed)),
  ]);
  return (
    <HydrateClient>
      <OverviewView />
    </HydrateClient>
  );
}
