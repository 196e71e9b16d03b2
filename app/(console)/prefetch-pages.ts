import type { paged } from "@/components/trpc/paged";
import { getQueryClient, whenMarked } from "@/server/trpc/rsc";

/** Fetches the first page of a list for the page's components; a failure is theirs to show. */
export async function prefetchPages<Item>(options: ReturnType<typeof paged<Item>>): Promise<void> {
  await whenMarked();
  await getQueryClient().prefetchInfiniteQuery(options);
}
