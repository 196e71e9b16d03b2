import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { toastError } from "@/components/ui/error-toast";
import type { BulkAction } from "@/contract/bulk";
import { BULK_UNDO } from "@/contract/words";
import type { Followed } from "./followed";
import { useBegun } from "./use-begun";

type Act = { run: () => void; isPending: boolean };
const UNKNOWN: Followed = { retriedById: null, undoneById: null };

/** What can still be done about an action on many; null: nothing of the kind. What follows it is an action of its own. */
export function useBulkActs(
  bulk: BulkAction,
  { retriedById, undoneById }: Followed = UNKNOWN,
): { abort: Act | null; retry: Act | null; undo: Act | null } {
  const trpc = useTRPC();
  const client = useQueryClient();
  const begun = useBegun();
  const canOperate = useCanOperate();
  const look = () => void client.invalidateQueries({ queryKey: trpc.bulk.pathKey() });
  const onError = (error: unknown) => toastError(error);
  const follow = {
    onError,
    onSuccess: ({ id }: BulkAction) => begun(id, "Started as a new bulk action"),
  };
  const aborting = useMutation(trpc.bulk.abort.mutationOptions({ onError, onSuccess: look }));
  const retrying = useMutation(trpc.bulk.retry.mutationOptions(follow));
  const undoing = useMutation(trpc.bulk.undo.mutationOptions(follow));
  const offer = ({ mutate, isPending }: typeof aborting, isOffered: boolean): Act | null =>
    canOperate && isOffered ? { run: () => mutate({ bulkId: bulk.id }), isPending } : null;
  const isUnderWay = bulk.endedAt === null;
  const canRetry = !isUnderWay && bulk.refused > 0 && bulk.action !== "evict" && retriedById === null;
  const canUndo = BULK_UNDO[bulk.action] !== undefined && undoneById === null;
  return {
    abort: offer(aborting, isUnderWay),
    retry: offer(retrying, canRetry),
    undo: offer(undoing, canUndo && (isUnderWay || bulk.done > 0)),
  };
}
