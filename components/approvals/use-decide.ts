import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { toastError } from "@/components/ui/error/error-toast";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { DecideApprovalInput } from "@/contract/approval";

type DecideOptions = Parameters<ReturnType<typeof useTRPC>["approvals"]["decide"]["mutationOptions"]>[0];

/**
 * Answers requests. While an answer to one is on its way, another to it is not sent: that is known at once, where a
 * mutation's own `isPending` waits for the next drawing, and a second press may come within a frame.
 */
export function useDecide(options: DecideOptions) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { mutate, isPending } = useMutation(trpc.approvals.decide.mutationOptions(options));
  const decide = (input: DecideApprovalInput) => {
    const underWay = client.isMutating({
      mutationKey: trpc.approvals.decide.mutationKey(),
      predicate: ({ state }) => (state.variables as DecideApprovalInput | undefined)?.approvalId === input.approvalId,
    });
    if (underWay === 0) mutate(input);
  };
  return { decide, isPending };
}

/** Answers a request by a key: what was answered is said, since the row goes. */
export function useDecideByKey() {
  const trpc = useTRPC();
  const client = useQueryClient();
  return useDecide({
    onSuccess: ({ decision, command, kind }) =>
      void toast.success(`${decision === "accept" ? "Accepted" : "Declined"}: ${revealHidden(command ?? kind)}`),
    onError: (error) => toastError(error),
    onSettled: () => void client.invalidateQueries({ queryKey: trpc.approvals.pathKey() }),
  }).decide;
}
