import { useEffect } from "react";
import type { PagedQuery } from "./load-more";

/**
 * Goes on through a list of which no page has held anything yet: a page of a search may be empty and yet not the last.
 * Answers whether it does; not after so many pages as `pagesMax` says.
 */
export function useLoadUntilFound(
  query: PagedQuery & { isError: boolean; data: { pages: readonly unknown[] } | undefined },
  count: number,
  pagesMax = Number.POSITIVE_INFINITY,
): boolean {
  const isSearching = count === 0 && query.hasNextPage && !query.isError && (query.data?.pages.length ?? 0) < pagesMax;
  useEffect(() => {
    if (isSearching && !query.isFetchingNextPage) void query.fetchNextPage();
  });
  return isSearching;
}
