"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { DangerDialog } from "@/components/ui/dialog/danger-dialog";
import type { Run } from "@/contract/run";

type CancelRunDialogProps = { run: Run; isOpen: boolean; onOpenChange: (isOpen: boolean) => void };

/** Asks why, then cancels a run. It is shown as cancelling until its agent is known to be gone. */
export function CancelRunDialog({ run, isOpen, onOpenChange }: CancelRunDialogProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const cancel = useMutation(
    trpc.runs.cancel.mutationOptions({
      onSuccess: () => {
        onOpenChange(false);
        void client.invalidateQueries({ queryKey: trpc.runs.pathKey() });
        toast.success("Cancelling run");
      },
    }),
  );
  return (
    <DangerDialog
      isOpen={isOpen}
      onOpenChange={onOpenChange}
      title="Cancel run"
      consequence={
        run.status === "claimed"
          ? "The current turn is interrupted and queued commands are cancelled. The session stays: another message starts a new run."
          : "The run has not started. Queued commands are cancelled at once."
      }
      hasReason
      action="Cancel run"
      isPending={cancel.isPending}
      error={cancel.error}
      onConfirm={(reason) => cancel.mutate({ runId: run.id, reason })}
    />
  );
}
