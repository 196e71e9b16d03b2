import type { Metadata } from "next";
import { OverviewView } from "@/components/overview/overview-view";
import { OVERVIEW_QUERIES, overviewOf } from "@/components/overview/queries";
import { readerOf } from "@/components/shell/reader";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";
import { requireIdentity } from "./identity";

export const metadata: Metadata = { title: "Overview" };

export default async function OverviewPage() {
  const readerId = readerOf(await requireIdentity());
  const inputs = OVERVIEW_QUERIES(readerId);
  await Promise.all([
    prefetch(overviewOf(trpc, readerId)),
    prefetch(trpc.approvals.list.queryOptions(inputs.approvals)),
    prefetch(trpc.sessions.list.queryOptions(inputs.running)),
    prefetch(trpc.sessions.list.queryOptions(inputs.unread)),
    prefetch(trpc.sessions.list.queryOptions(inputs.any)),
    prefetch(trpc.backends.list.queryOptions()),
  ]);
  return (
    <HydrateClient>
      <OverviewView />
    </HydrateClient>
  );
}
