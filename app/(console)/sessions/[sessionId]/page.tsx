import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { createLoader, parseAsStringLiteral } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { SessionView } from "@/components/sessions/session-view";
import { SESSION_TABS } from "@/components/sessions/tabs";
import { readerOf } from "@/components/shell/reader";
import { runPages } from "@/components/trpc/lists";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Session" };
const loadTab = createLoader({ tab: parseAsStringLiteral(SESSION_TABS).withDefault("conversation") });

type SessionPageProps = { params: Promise<{ sessionId: string }>; searchParams: Promise<SearchParams> };

export default async function SessionPage(props: SessionPageProps) {
  const sessionId = decodeURIComponent((await props.params).sessionId);
  const { tab } = await loadTab(props.searchParams);
  const readerId = readerOf(await requireIdentity());
  await Promise.all([
    prefetch(trpc.sessions.get.queryOptions({ sessionId, readerId })),
    prefetchPages(runPages(trpc, { sessionId })),
  ]);
  return (
    <HydrateClient>
      <SessionView key={sessionId} sessionId={sessionId} tab={tab} />
    </HydrateClient>
  );
}
