import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { StorageView } from "@/components/storage/storage-view";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Storage" };

export default async function StoragePage() {
  await requireIdentity();
  await prefetch(
    trpc.storage.list.infiniteQueryOptions({ limit: 50 }, { getNextPageParam: (page) => page.cursor ?? undefined }),
  );
  return (
    <HydrateClient>
      <StorageView />
    </HydrateClient>
  );
}
