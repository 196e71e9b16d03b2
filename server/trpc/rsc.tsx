import { dehydrate, HydrationBoundary, QueryClient } from "@tanstack/react-query";
import { createTRPCOptionsProxy, type TRPCQueryOptions } from "@trpc/tanstack-react-query";
import { headers } from "next/headers";
import { cache, type ReactNode } from "react";
import { markFeeds } from "@/server/live";
import { getWiring } from "@/server/wiring";
import { createPageContext } from "./context";
import { appRouter } from "./root";

/** One cache for each page. What server components fetch is handed over to the browser's cache. */
export const getQueryClient = cache(
  () => new QueryClient({ defaultOptions: { queries: { staleTime: 30_000, retry: false } } }),
);

const pageContext = cache(async () => createPageContext(await headers()));

/** The procedures as server components call them: in this process, as the caller of the page. */
export const trpc = createTRPCOptionsProxy({ ctx: pageContext, router: appRouter, queryClient: getQueryClient });

// biome-ignore lint/suspicious/noExplicitAny: tRPC's own signature for "the options of any query".
type AnyQueryOptions = ReturnType<TRPCQueryOptions<any>>;

/**
 * Notes where the feeds stand before the page reads anything. The stream that keeps the page up to date starts there.
 */
export const markPage = cache((): Promise<string> => markFeeds(getWiring().database.db));

/**
 * Waits until the position is noted, since a layout and its page render at the same time. If noting it fails, the
 * layout reports it.
 */
export const whenMarked = () => markPage().catch(() => undefined);

/** Fetches what the page's components will ask for. Does not throw a failure: the component shows it. */
export async function prefetch(options: AnyQueryOptions): Promise<void> {
  await whenMarked();
  const isInfinite = options.queryKey[1]?.type === "infinite";
  const queryClient = getQueryClient();
  // The two kinds of query share a key's form, but not its type.
  if (isInfinite) await queryClient.prefetchInfiniteQuery(options as never);
  else await queryClient.prefetchQuery(options);
}

/** Hands what was prefetched to the components inside. */
export function HydrateClient(props: { children: ReactNode }) {
  return <HydrationBoundary state={dehydrate(getQueryClient())}>{props.children}</HydrationBoundary>;
}
