import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { createLoader, parseAsStringLiteral } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { SessionView } from "@/components/sessions/session-view";
import { SESSION_TABS } from "@/components/sessions/tabs";
import { readerOf } from "@/components/shell/reader";
import { runPages, usageOfSession } from "@/components/trpc/lists";
import { revealHidden } from "@/components/ui/hidden-characters";
import { getQueryClient, HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

const loadTab = createLoader({ tab: parseAsStringLiteral(SESSION_TABS).withDefault("conversation") });

type SessionPageProps = { params: Promise<{ sessionId: string }>; searchParams: Promise<SearchParams> };

/** The tab's name is the session's; what is fetched for it is what the page needs anyway. */
export async function generateMetadata(props: SessionPageProps): Promise<Metadata> {
  const sessionId = decodeURIComponent((await props.params).sessionId);
  const readerId = readerOf(await requireIdentity());
  const session = await getQueryClient()
    .fetchQuery(trpc.sessions.get.queryOptions({ sessionId, readerId }))
    .catch(() => null);
  return { title: revealHidden(session?.title) ?? "Session" };
}

export default async function SessionPage(props: SessionPageProps) {
  const sessionId = decodeURIComponent((await props.params).sessionId);
  const { tab } = await loadTab(props.searchParams);
  const readerId = readerOf(await requireIdentity());
  await Promise.all([
    prefetch(trpc.sessions.get.queryOptions({ sessionId, readerId })),
    prefetchPages(runPages(trpc, { sessionId })),
    prefetch(usageOfSession(trpc, sessionId)),
  ]);
  return (
    <HydrateClient>
      <SessionView key={sessionId} sessionId={sessionId} tab={tab} />
    </HydrateClient>
  );
}
