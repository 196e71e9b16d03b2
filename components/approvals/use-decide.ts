import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { toastError } from "@/components/ui/error-toast";
import { showTricks } from "@/components/ui/hidden-text";

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
