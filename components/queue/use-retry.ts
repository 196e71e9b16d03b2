import { useMutation } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { toastError } from "@/components/ui/error/error-toast";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { QueueTask } from "@/contract/queue";
import { useTaskCache } from "./use-task-cache";

/** Has a task run again, as a new attempt in its session. */
export function useRetry() {
  const trpc = useTRPC();
  const { accept } = useTaskCache();
  return useMutation(
    trpc.queue.retryTask.mutationOptions({
      onSuccess: (task: QueueTask) => {
        accept(task);
        toast.success(`Queued again: ${revealHidden(task.title)}`);
      },
      onError: (error) => toastError(error),
    }),
  );
}
