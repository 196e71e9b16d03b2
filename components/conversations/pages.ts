import type { Api } from "@/components/trpc/lists";
import { paged } from "@/components/trpc/paged";
import type { FoundMessage, SearchConversationsInput } from "@/contract/conversation";

const PAGE = 50;

/** Messages that contain words, a page at a time. */
export const messagePages = (api: Api, input: Pick<SearchConversationsInput, "text" | "sessionId">) =>
  paged<FoundMessage>((from) => api.sessions.searchConversations.queryOptions({ limit: PAGE, ...input, ...from }));
