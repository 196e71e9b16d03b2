"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { DangerDialog } from "@/components/ui/dialog/danger-dialog";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Schedule } from "@/contract/schedule";

type DeleteScheduleProps = { schedule: Schedule; onClose: () => void; onDeleted?: () => void };

/** Says what goes with a schedule, and deletes it. */
export function DeleteScheduleDialog({ schedule, onClose, onDeleted }: DeleteScheduleProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const remove = useMutation(
    trpc.schedules.delete.mutationOptions({
      onSuccess: () => {
        onClose();
        onDeleted?.();
        void client.invalidateQueries({ queryKey: trpc.schedules.list.pathKey() });
        toast.success(`Deleted ${revealHidden(schedule.name)}`);
      },
    }),
  );
  return (
    <DangerDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`Delete schedule ${schedule.name}`}
      consequence={
        <ul className="list-disc pl-4">
          <li>No more tasks are added. Existing tasks are kept.</li>
          <li>Its history is deleted. The audit log is kept.</li>
          <li>This can't be undone. Pause it instead to keep it.</li>
        </ul>
      }
      action="Delete schedule"
      isPending={remove.isPending}
      error={remove.error}
      curl={() => ({ method: "DELETE", path: `/schedules/${encodeURIComponent(schedule.id)}` })}
      onConfirm={() => remove.mutate({ scheduleId: schedule.id })}
    />
  );
}
