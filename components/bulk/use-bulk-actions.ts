import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { toastError } from "@/components/ui/error/error-toast";
import type { BulkAction } from "@/contract/bulk";
import { BULK_CONFIRMED, BULK_UNDO } from "@/contract/words";
import type { FollowUps } from "./follow-ups";
import { useBulkStarted } from "./use-bulk-started";

type BulkActionHandler = { run: () => void; isPending: boolean };
const UNKNOWN: FollowUps = { retriedById: null, undoneById: null };

/** What can still be done about an action on many; null: nothing of the kind. What follows it is an action of its own. */
export function useBulkActions(
  bulk: BulkAction,
  { retriedById, undoneById }: FollowUps = UNKNOWN,
): { abort: BulkActionHandler | null; retry: BulkActionHandler | null; undo: BulkActionHandler | null } {
  const trpc = useTRPC();
  const client = useQueryClient();
  const notifyStarted = useBulkStarted();
  const canOperate = useCanOperate();
  const refresh = () => void client.invalidateQueries({ queryKey: trpc.bulk.pathKey() });
  const onError = (error: unknown) => toastError(error);
  const follow = {
    onError,
    onSuccess: ({ id }: BulkAction) => notifyStarted(id, "Started as a new bulk action"),
  };
  const aborting = useMutation(trpc.bulk.abort.mutationOptions({ onError, onSuccess: refresh }));
  const retrying = useMutation(trpc.bulk.retry.mutationOptions(follow));
  const undoing = useMutation(trpc.bulk.undo.mutationOptions(follow));
  const offer = ({ mutate, isPending }: typeof aborting, isOffered: boolean): BulkActionHandler | null =>
    canOperate && isOffered ? { run: () => mutate({ bulkId: bulk.id }), isPending } : null;
  const isRunning = bulk.endedAt === null;
  const canRetry = !isRunning && bulk.refused > 0 && !BULK_CONFIRMED.includes(bulk.action) && retriedById === null;
  const canUndo = BULK_UNDO[bulk.action] !== undefined && undoneById === null;
  return {
    abort: offer(aborting, isRunning),
    retry: offer(retrying, canRetry),
    undo: offer(undoing, canUndo && (isRunning || bulk.done > 0)),
  };
}
