import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { createLoader } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { SESSION_FILTERS, sessionsInput } from "@/components/sessions/filter";
import { SessionsView } from "@/components/sessions/sessions-view";
import { readerOf } from "@/components/shell/reader";
import { newestBulk, sessionPages, viewsOf } from "@/components/trpc/lists";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Sessions" };
const loadFilter = createLoader(SESSION_FILTERS);

export default async function SessionsPage(props: { searchParams: Promise<SearchParams> }) {
  const filter = await loadFilter(props.searchParams);
  const input = sessionsInput(filter, readerOf(await requireIdentity()));
  await Promise.all([
    prefetchPages(sessionPages(trpc, input)),
    prefetch(trpc.backends.list.queryOptions()),
    prefetch(newestBulk(trpc, "session")),
    prefetch(viewsOf(trpc, "sessions")),
  ]);
  return (
    <HydrateClient>
      <SessionsView />
    </HydrateClient>
  );
}
