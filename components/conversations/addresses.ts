// Apart from the addresses of every page, whose script this need not lengthen.
import { sessionAddress } from "@/components/shell/addresses";
import type { FoundMessage } from "@/contract/conversation";

/** A message in its session's conversation. */
export function messageAddress({ sessionId, runId, seq }: Pick<FoundMessage, "sessionId" | "runId" | "seq">): string {
  return `${sessionAddress(sessionId)}?${new URLSearchParams({ run: runId, at: String(seq) })}`;
}

/** Messages that contain words, of one session where it is given. */
export function conversationSearchAddress(words: string, sessionId?: string): string {
  return `/sessions/search?${new URLSearchParams({ q: words, ...(sessionId === undefined ? {} : { session: sessionId }) })}`;
}
