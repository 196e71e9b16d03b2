"use client";
import { useMutation } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTaskCache } from "@/components/queue/use-task-cache";
import { useTRPC } from "@/components/trpc/client";
import { DangerDialog } from "@/components/ui/dialog/danger-dialog";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { QueueTask } from "@/contract/queue";

/** Asks why, then cancels a task: one that waits at once, one that runs as soon as its agent is known to be gone. */
export function CancelTaskDialog({ task, onClose }: { task: QueueTask; onClose: () => void }) {
  const trpc = useTRPC();
  const { accept } = useTaskCache();
  const cancel = useMutation(
    trpc.queue.cancelTask.mutationOptions({
      onSuccess: (answer) => {
        accept(answer);
        onClose();
        toast.success(
          answer.state === "cancelled"
            ? `Cancelled: ${revealHidden(task.title)}`
            : `Cancelling: ${revealHidden(task.title)}`,
        );
      },
    }),
  );
  return (
    <DangerDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Cancel task"
      consequence={
        <>
          <strong className="font-medium text-ink">{revealHidden(task.title)}</strong>{" "}
          {task.state === "pending"
            ? "hasn't started and leaves the queue. You can retry it later."
            : "is running. The agent is stopped, and the session is kept."}
        </>
      }
      hasReason
      action="Cancel task"
      isPending={cancel.isPending}
      error={cancel.error}
      onConfirm={(reason) => cancel.mutate({ taskId: task.id, reason })}
    />
  );
}
