import type { Metadata } from "next";
import type { SearchParams } from "nuqs/server";
import { createLoader, parseAsString } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { messagePages } from "@/components/conversations/pages";
import { ConversationSearchView } from "@/components/conversations/search-view";
import { canSearch, searchedText } from "@/components/conversations/searchable";
import { HydrateClient, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Search conversations" };
const load = createLoader({ q: parseAsString.withDefault(""), session: parseAsString });

export default async function ConversationSearchPage(props: { searchParams: Promise<SearchParams> }) {
  await requireIdentity();
  const { q, session } = await load(props.searchParams);
  const text = searchedText(q);
  if (canSearch(text))
    await prefetchPages(messagePages(trpc, { text, ...(session === null ? {} : { sessionId: session }) }));
  return (
    <HydrateClient>
      <ConversationSearchView />
    </HydrateClient>
  );
}
