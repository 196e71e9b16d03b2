import { useEffect, useState } from "react";
import { Button } from "./button";

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
  const [wanted, setWanted] = useState(0);
  const isDue = pages < wanted && hasNextPage && !isFetching && !isError;
  useEffect(() => {
    if (isDue) void fetchNextPage();
  }, [isDue, fetchNextPage]);
  if (wanted !== 0 && pages >= wanted) setWanted(0);
  if (!hasNextPage) return null;
  const isLoading = query.isFetchingNextPage || (pages < wanted && !isError);
  const ask = () => {
    setWanted(pages + 1);
    // What failed is asked for by a person alone.
    if (isError) void fetchNextPage();
  };
  return (
    <Button size="sm" disabled={isLoading} onClick={ask}>
      {isLoading ? "Loading…" : "Load more"}
    </Button>
  );
}
