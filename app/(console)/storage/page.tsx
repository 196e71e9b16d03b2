import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { createLoader, parseAsStringLiteral } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { STORAGE_FILTERS, STORAGE_VIEWS, scopeInput, storageInput } from "@/components/storage/filter";
import { StorageView } from "@/components/storage/storage-view";
import { collectionPages, newestCollection, storagePages, storagePicture, viewsOf } from "@/components/trpc/lists";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Storage" };
const loadFilter = createLoader({
  ...STORAGE_FILTERS,
  view: parseAsStringLiteral(STORAGE_VIEWS).withDefault("volumes"),
});

export default async function StoragePage(props: { searchParams: Promise<SearchParams> }) {
  const { view, ...filter } = await loadFilter(props.searchParams);
  await requireIdentity();
  const scope = scopeInput(filter);
  await Promise.all([
    prefetch(newestCollection(trpc)),
    ...(view === "clean-up" ? [prefetchPages(collectionPages(trpc))] : []),
    ...(view === "volumes"
      ? [
          prefetchPages(storagePages(trpc, storageInput(filter))),
          prefetch(storagePicture(trpc, {})),
          prefetch(viewsOf(trpc, "storage")),
          ...(Object.keys(scope).length > 0 ? [prefetch(storagePicture(trpc, scope))] : []),
        ]
      : []),
  ]);
  return (
    <HydrateClient>
      <StorageView view={view} />
    </HydrateClient>
  );
}
