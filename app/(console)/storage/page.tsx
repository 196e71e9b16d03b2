import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { StorageView } from "@/components/storage/storage-view";
import { storagePages } from "@/components/trpc/lists";
import { HydrateClient, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Storage" };

export default async function StoragePage() {
  await requireIdentity();
  await prefetchPages(storagePages(trpc, {}));
  return (
    <HydrateClient>
      <StorageView />
    </HydrateClient>
  );
}
