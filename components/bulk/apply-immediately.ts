import type { QueryClient } from "@tanstack/react-query";
import { patchLists } from "@/components/live/patch";
import type { useTRPCClient } from "@/components/trpc/client";
import type { Api } from "@/components/trpc/lists";
import { toastError } from "@/components/ui/error/error-toast";
import { formatPlural } from "@/components/ui/format";
import { randomId } from "@/components/ui/random-id";
import { toastUndo } from "@/components/ui/undo";
import type { SessionSummary } from "@/contract/session";
import type { BulkKind, BulkVerb } from "@/contract/words";
import { progressWordsOf } from "./progress-words";
import type { BulkTarget } from "./target";
import { RECORD_NOUNS } from "./verbs";

type By = { api: ReturnType<typeof useTRPCClient>; trpc: Api; client: QueryClient };
type BulkRequest = { kind: BulkKind; verb: BulkVerb; target: BulkTarget; readerId: string | undefined };

/** Does what can be taken back at once, and offers to take it back. */
export async function applyImmediately(
  { api, trpc, client }: By,
  { kind, verb, target, readerId }: BulkRequest,
): Promise<void> {
  const { description: _words, ...selectedIds } = target;
  const isMark = verb === "read" || verb === "unread";
  const refresh = () => void client.invalidateQueries({ queryKey: trpc.bulk.list.pathKey() });
  try {
    const bulk = await api.bulk.create.mutate({
      ...{ kind, action: verb, ...selectedIds, ...(isMark ? { readerId } : {}), idempotencyKey: randomId() },
    });
    const ids = new Set(selectedIds.ids);
    // No stream tells of a reader's marks.
    if (isMark)
      patchLists<SessionSummary>(client, trpc.sessions.list.pathKey(), (session) =>
        selectedIds.ids === undefined || ids.has(session.sessionId) ? marked(session, verb === "unread") : session,
      );
    refresh();
    toastUndo(`${formatPlural(bulk.total, RECORD_NOUNS[kind])} ${progressWordsOf(kind, verb).done}`, () => {
      api.bulk.undo.mutate({ bulkId: bulk.id }).then(refresh, (error: unknown) => toastError(error));
    });
  } catch (error) {
    toastError(error);
  }
}

function marked(session: SessionSummary, unread: boolean): SessionSummary {
  return session.unread === unread ? session : { ...session, unread };
}
