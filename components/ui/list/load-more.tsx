import { useEffect, useState } from "react";
import { Button } from "@/components/ui/button";

export type PagedQuery = {
  data: { pages: readonly unknown[] } | undefined;
  hasNextPage: boolean;
  isFetching: boolean;
  isFetchingNextPage: boolean;
  isError: boolean;
  fetchNextPage: () => unknown;
};

/**
 * Loads the next page of a list; nothing where the list is whole. While what is shown is read anew it waits, and is asked
 * for again where that took its place: of the two the query gives up the one that is on its way.
 */
export function LoadMore({ query }: { query: PagedQuery }) {
  const { hasNextPage, isFetching, isError, fetchNextPage } = query;
  const pages = query.data?.pages.length ?? 0;
  /** How many pages were asked for; 0 once they are there. */
  const [requestedCount, setRequestedCount] = useState(0);
  const isDue = pages < requestedCount && hasNextPage && !isFetching && !isError;
  useEffect(() => {
    if (isDue) void fetchNextPage();
  }, [isDue, fetchNextPage]);
  if (requestedCount !== 0 && pages >= requestedCount) setRequestedCount(0);
  if (!hasNextPage) return null;
  const isLoading = query.isFetchingNextPage || (pages < requestedCount && !isError);
  const requestMore = () => {
    setRequestedCount(pages + 1);
    // What failed is asked for by a person alone.
    if (isError) void fetchNextPage();
  };
  return (
    <Button size="sm" disabled={isLoading} onClick={requestMore}>
      {isLoading ? "Loading…" : "Load more"}
    </Button>
  );
}
