import { useMutation, useQueryClient } from "@tanstack/react-query";
import { patchLists } from "@/components/live/patch";
import { useTRPC } from "@/components/trpc/client";
import { toastError } from "@/components/ui/error-toast";
import { formatPlural } from "@/components/ui/format";
import { randomId } from "@/components/ui/random-id";
import { toastUndo } from "@/components/ui/undo";
import type { SessionSummary } from "@/contract/session";
import type { BulkKind, BulkVerb } from "@/contract/words";
import type { BulkTarget } from "./target";
import { ONE, wordsOf } from "./verbs";

/** Does what can be taken back at once, and offers to take it back. */
export function useDirect(kind: BulkKind) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const look = () => void client.invalidateQueries({ queryKey: trpc.bulk.list.pathKey() });
  const undo = useMutation(trpc.bulk.undo.mutationOptions({ onError: (error) => toastError(error), onSuccess: look }));
  const create = useMutation(trpc.bulk.create.mutationOptions());

  return (verb: BulkVerb, { words: _words, ...which }: BulkTarget, readerId: string | undefined): void => {
    const isMark = verb === "read" || verb === "unread";
    const ids = new Set(which.ids);
    const input = { kind, action: verb, ...which, ...(isMark ? { readerId } : {}), idempotencyKey: randomId() };
    // Whoever asked may have left the list before the answer is there.
    void create.mutateAsync(input).then((bulk) => {
      // No stream tells of a reader's marks.
      if (isMark)
        patchLists<SessionSummary>(client, trpc.sessions.list.pathKey(), (session) =>
          which.ids === undefined || ids.has(session.sessionId) ? marked(session, verb === "unread") : session,
        );
      look();
      toastUndo(`${formatPlural(bulk.total, ONE[kind])} ${wordsOf(kind, verb).done}`, () =>
        undo.mutate({ bulkId: bulk.id }),
      );
    }, toastError);
  };
}

function marked(session: SessionSummary, unread: boolean): SessionSummary {
  return session.unread === unread ? session : { ...session, unread };
}
