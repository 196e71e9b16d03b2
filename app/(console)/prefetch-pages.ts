import type { paged } from "@/components/trpc/paged";
import { getQueryClient } from "@/server/trpc/rsc";

/** Fetches the first page of a list for the page's components; a failure is theirs to show. */
export function prefetchPages<Item>(options: ReturnType<typeof paged<Item>>): Promise<void> {
  return getQueryClient().prefetchInfiniteQuery(options);
}
