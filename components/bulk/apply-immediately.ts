import type { QueryClient } from "@tanstack/react-query";
import type { useTRPCClient } from "@/components/trpc/client";
import type { Api } from "@/components/trpc/lists";
import { toastError } from "@/components/ui/error/error-toast";
import { formatPlural } from "@/components/ui/format";
import { randomId } from "@/components/ui/random-id";
import { toastUndo } from "@/components/ui/undo";
import type { BulkKind, BulkVerb } from "@/contract/words";
import { CHANGED_LISTS } from "./changed-lists";
import { progressWordsOf } from "./progress-words";
import { showMarked } from "./session-marks";
import type { BulkTarget } from "./target";
import { RECORD_NOUNS } from "./verbs";

type By = { api: ReturnType<typeof useTRPCClient>; trpc: Api; client: QueryClient };
type BulkRequest = {
  kind: BulkKind;
  verb: BulkVerb;
  target: BulkTarget;
  /** Those of the target that are loaded. */
  shownIds: readonly string[];
  readerId: string | undefined;
};

/** Does what can be taken back at once, and offers to take it back. */
export async function applyImmediately(
  { api, trpc, client }: By,
  { kind, verb, target, shownIds, readerId }: BulkRequest,
): Promise<void> {
  const { description: _words, ...selectedIds } = target;
  const isMark = verb === "read" || verb === "unread";
  const refresh = () => {
    void client.invalidateQueries({ queryKey: trpc.bulk.list.pathKey() });
    // The list reads itself again at the end, unless it is left before: then once it is come back to.
    for (const list of CHANGED_LISTS[kind])
      void client.invalidateQueries({ queryKey: trpc[list].pathKey(), refetchType: "none" });
  };
  try {
    const bulk = await api.bulk.create.mutate({
      ...{ kind, action: verb, ...selectedIds, ...(isMark ? { readerId } : {}), idempotencyKey: randomId() },
    });
    const takeBack = isMark ? showMarked({ trpc, client }, shownIds, verb === "unread") : () => undefined;
    refresh();
    toastUndo(`${formatPlural(bulk.total, RECORD_NOUNS[kind])} ${progressWordsOf(kind, verb).done}`, () => {
      api.bulk.undo.mutate({ bulkId: bulk.id }).then(
        () => {
          takeBack();
          refresh();
        },
        (error: unknown) => toastError(error),
      );
    });
  } catch (error) {
    toastError(error);
  }
}
