import { dehydrate, HydrationBoundary, QueryClient } from "@tanstack/react-query";
import { createTRPCOptionsProxy, type TRPCQueryOptions } from "@trpc/tanstack-react-query";
import { headers } from "next/headers";
import { cache, type ReactNode } from "react";
import { markFeeds } from "@/server/live";
import { getWiring } from "@/server/wiring";
import { createPageContext } from "./context";
import { appRouter } from "./root";

/** One cache for one page: what server components fetch is handed to the browser's. */
export const getQueryClient = cache(
  () => new QueryClient({ defaultOptions: { queries: { staleTime: 30_000, retry: false } } }),
);

const pageContext = cache(async () => createPageContext(await headers()));

/** The procedures as server components call them: in this process, with the caller of the page. */
export const trpc = createTRPCOptionsProxy({ ctx: pageContext, router: appRouter, queryClient: getQueryClient });

// biome-ignore lint/suspicious/noExplicitAny: tRPC's own signature for "the options of any query".
type AnyQueryOptions = ReturnType<TRPCQueryOptions<any>>;

/** Where the feeds stand before the page reads anything: for the stream that keeps up to date what it has read. */
export const markPage = cache((): Promise<string> => markFeeds(getWiring().database.db));

/** Once the page is marked: a layout and its page are made at once. A failure of the mark is the layout's to tell. */
export const whenMarked = () => markPage().catch(() => undefined);

/** Fetches what the page's components will ask for. A failure is theirs to show: it is not thrown here. */
export async function prefetch(options: AnyQueryOptions): Promise<void> {
  await whenMarked();
  const isInfinite = options.queryKey[1]?.type === "infinite";
  const queryClient = getQueryClient();
  // The two kinds share a key's shape and not a type.
  if (isInfinite) await queryClient.prefetchInfiniteQuery(options as never);
  else await queryClient.prefetchQuery(options);
}

/** Hands what was prefetched to the components below. */
export function HydrateClient(props: { children: ReactNode }) {
  return <HydrationBoundary state={dehydrate(getQueryClient())}>{props.children}</HydrationBoundary>;
}
