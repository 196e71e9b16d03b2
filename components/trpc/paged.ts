import { infiniteQueryOptions, type QueryFunctionContext } from "@tanstack/react-query";
import type { Page } from "@/contract/page";

type PageQuery = {
  queryKey: readonly unknown[];
  // The context's type names the key of one page alone, which only that page's own options know.
  queryFn?: unknown;
};

type FetchPage<Loaded> = (context: QueryFunctionContext) => Promise<Loaded>;

/**
 * A list page by page, out of the options of one page. tRPC's own infinite options add a `direction` to the input, and
 * the server refuses keys that it does not know. `Loaded`: a page that has more than its items.
 */
export function paged<Item, Loaded extends Page<Item> = Page<Item>>(pageAt: (from: { cursor?: string }) => PageQuery) {
  const first = pageAt({});
  const [path, details] = first.queryKey;
  return infiniteQueryOptions({
    queryKey: [path, { ...(details as object | undefined), type: "infinite" }] as const,
    initialPageParam: null as string | null,
    getNextPageParam: (page: Loaded) => page.cursor,
    queryFn: (context) => {
      const page = pageAt(context.pageParam === null ? {} : { cursor: context.pageParam });
      return (page.queryFn as FetchPage<Loaded>)({ ...context, queryKey: page.queryKey } as QueryFunctionContext);
    },
  });
}
