import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { getLatePatches } from "@/components/live/late-patches";
import { patchRunner, patchRunners } from "@/components/live/patch";
import { useTRPC } from "@/components/trpc/client";
import { toastError } from "@/components/ui/error/error-toast";
import { toastUndo } from "@/components/ui/undo";
import type { Runner } from "@/contract/runner";
import type { RunnerAction } from "@/contract/words";

const DONE_MESSAGES: Record<RunnerAction, string> = {
  drain: "Runner is draining",
  resume: "Runner resumed",
  revoke: "Token revoked",
  kill: "Runner is being killed",
};

type ActionOptions = {
  /** Of a dialog, which shows its own error. */
  onDone?: () => void;
  /** Takes it back, for as long as that is offered. */
  undo?: () => void;
};

/** Gives a runner orders; what the server answers is shown at once. */
export function useRunnerAction(action: RunnerAction, { onDone, undo }: ActionOptions = {}) {
  const trpc = useTRPC();
  const client = useQueryClient();
  return useMutation(
    trpc.runners[action].mutationOptions({
      onSuccess: (runner: Runner) => {
        // Under the key of its frames: one from before the order is not to take it back.
        getLatePatches(client).apply(`runner ${runner.id}`, (only) =>
          patchRunners(client, trpc, (cached) => patchRunner(cached, runner), only),
        );
        // A list that was being read when it was ordered would come back with what was before, and stay: it is read anew.
        for (const queryKey of [trpc.runners.list.pathKey(), trpc.runners.stats.pathKey()])
          void client.invalidateQueries({ queryKey });
        if (undo === undefined) toast.success(DONE_MESSAGES[action]);
        else toastUndo(DONE_MESSAGES[action], undo);
        onDone?.();
      },
      ...(onDone === undefined ? { onError: (error: unknown) => toastError(error) } : {}),
    }),
  );
}
