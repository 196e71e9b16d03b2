import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { createLoader } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { BulkListView } from "@/components/bulk/bulk-list-view";
import { BULK_LIST_FILTERS } from "@/components/bulk/filter";
import { bulkPages } from "@/components/trpc/lists";
import { HydrateClient, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Bulk actions" };
const loadFilter = createLoader(BULK_LIST_FILTERS);

export default async function BulkListPage(props: { searchParams: Promise<SearchParams> }) {
  await requireIdentity();
  const { kind } = await loadFilter(props.searchParams);
  await prefetchPages(bulkPages(trpc, kind));
  return (
    <HydrateClient>
      <BulkListView />
    </HydrateClient>
  );
}
