// Apart from the addresses of every page, whose script this need not lengthen.
import { sessionAddress } from "@/components/shell/addresses";
import type { FoundMessage } from "@/contract/conversation";

/** A message in its session's conversation. */
export function messageAddress({ sessionId, runId, seq }: Pick<FoundMessage, "sessionId" | "runId" | "seq">): string {
  return `${sessionAddress(sessionId)}?${new URLSearchParams({ run: runId, at: String(seq) })}`;
}

/** Messages that contain words, of every session. */
export function conversationSearchAddress(words: string): string {
  return `/sessions/search?${new URLSearchParams({ q: words })}`;
}

/** Where one session's messages are searched. */
export function sessionSearchAddress(sessionId: string): string {
  return `/sessions/search?${new URLSearchParams({ session: sessionId })}`;
}
