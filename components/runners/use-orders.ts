import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { patchRunner, patchRunners } from "@/components/live/patch";
import { useTRPC } from "@/components/trpc/client";
import { toastError } from "@/components/ui/error-toast";
import type { Runner } from "@/contract/runner";
import type { RunnerAction } from "@/contract/words";

const SAID: Record<RunnerAction, string> = {
  drain: "It ends after its turn",
  resume: "It goes on",
  revoke: "Nothing more of it is taken",
  kill: "Its process is being ended",
};

/** Gives a runner orders; what the server answers is shown at once. */
export function useOrder(action: RunnerAction, onDone?: () => void) {
  const trpc = useTRPC();
  const client = useQueryClient();
  return useMutation(
    trpc.runners[action].mutationOptions({
      onSuccess: (runner: Runner) => {
        patchRunners(client, trpc, (cached) => patchRunner(cached, runner));
        void client.invalidateQueries({ queryKey: trpc.runners.stats.pathKey() });
        toast.success(SAID[action]);
        onDone?.();
      },
      // A dialog shows its own error.
      ...(onDone === undefined ? { onError: (error: unknown) => toastError(error) } : {}),
    }),
  );
}
