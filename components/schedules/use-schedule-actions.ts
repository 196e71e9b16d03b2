import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { toast } from "sonner";
import { taskAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { scheduleNow } from "@/components/trpc/lists";
import { toastError } from "@/components/ui/error/error-toast";
import { revealHidden } from "@/components/ui/hidden-characters";
import { toastUndo } from "@/components/ui/undo";
import type { Schedule } from "@/contract/schedule";

export type ScheduleActionHandlers = ReturnType<typeof useScheduleActions>;

/** What is done to a schedule by one press; what has come of it is looked for at once. */
export function useScheduleActions({ id: scheduleId, task: { title } }: Schedule) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const router = useRouter();
  const refresh = () => void client.invalidateQueries({ queryKey: trpc.schedules.pathKey() });
  // What was refused may be so because it is not any more as it is shown.
  const onError = (error: unknown) => {
    refresh();
    toastError(error);
  };
  const trigger = useMutation(
    trpc.schedules.trigger.mutationOptions({
      onError,
      onSuccess: ({ task }) => {
        refresh();
        void client.invalidateQueries({ queryKey: trpc.queue.pathKey() });
        const show = { label: "Open", onClick: () => task !== null && router.push(taskAddress(task.id)) };
        toast.success(`Added: ${revealHidden(title)}`, task === null ? {} : { action: show });
      },
    }),
  );
  const update = useMutation(
    trpc.schedules.update.mutationOptions({
      onError,
      onSuccess: (now) => {
        client.setQueryData(scheduleNow(trpc, scheduleId).queryKey, now);
        refresh();
        toastUndo(`${now.isPaused ? "Paused" : "Resumed"}: ${revealHidden(now.name)}`, () => pause(!now.isPaused));
      },
    }),
  );
  const pause = (isPaused: boolean) => update.mutate({ scheduleId, isPaused });
  return {
    isPending: trigger.isPending || update.isPending,
    addOne: () => trigger.mutate({ scheduleId }),
    pause,
  };
}
