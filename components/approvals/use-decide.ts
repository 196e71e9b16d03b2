import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { toastError } from "@/components/ui/error-toast";
import { showTricks } from "@/components/ui/hidden-text";
import type { DecideApprovalInput } from "@/contract/approval";

/** Answers a request by a key: what was answered is said, since the row goes. */
export function useDecide() {
  const trpc = useTRPC();
  const client = useQueryClient();
  return useMutation(
    trpc.approvals.decide.mutationOptions({
      onSuccess: ({ decision, command, kind }) =>
        void toast.success(`${decision === "accept" ? "Accepted" : "Declined"}: ${showTricks(command ?? kind)}`),
      onError: (error) => toastError(error),
      onSettled: () => void client.invalidateQueries({ queryKey: trpc.approvals.pathKey() }),
    }),
  );
}

/**
 * Whether an answer to a request is on its way. Known at once, where a mutation's own `isPending` waits for the next
 * drawing: a second press within a frame sends nothing.
 */
export function useIsDeciding(): (approvalId: string) => boolean {
  const trpc = useTRPC();
  const client = useQueryClient();
  return (approvalId) =>
    client.isMutating({
      mutationKey: trpc.approvals.decide.mutationKey(),
      predicate: ({ state }) => (state.variables as DecideApprovalInput | undefined)?.approvalId === approvalId,
    }) > 0;
}
