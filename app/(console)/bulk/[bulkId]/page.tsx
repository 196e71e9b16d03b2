import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { BulkView } from "@/components/bulk/bulk-view";
import { bulkAction } from "@/components/trpc/lists";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Bulk action" };

export default async function BulkPage(props: { params: Promise<{ bulkId: string }> }) {
  await requireIdentity();
  const bulkId = decodeURIComponent((await props.params).bulkId);
  await Promise.all([prefetch(bulkAction(trpc, bulkId)), prefetch(trpc.bulk.outcomes.queryOptions({ bulkId }))]);
  return (
    <HydrateClient>
      <BulkView key={bulkId} bulkId={bulkId} />
    </HydrateClient>
  );
}
