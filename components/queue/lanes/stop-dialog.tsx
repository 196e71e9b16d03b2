"use client";
import { DangerDialog } from "@/components/ui/dialog/danger-dialog";
import { formatPlural } from "@/components/ui/format";
import type { QueueControl } from "@/contract/queue-control";
import { laneName, useControl } from "./use-control";

type StopDialogProps = { control: QueueControl; state: "paused" | "draining"; onClose: () => void };

/** Asks why before a queue or a lane is held up: whoever finds it so reads the reason. */
export function StopDialog({ control, state, onClose }: StopDialogProps) {
  const { set, isPending } = useControl();
  const name = laneName(control);
  const isPause = state === "paused";
  const running = formatPlural(control.running, "running task");
  return (
    <DangerDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`${isPause ? "Pause" : "Drain"} ${name}`}
      consequence={
        <p>
          {isPause
            ? "No new tasks start until you resume."
            : "New tasks are rejected until you resume. Waiting tasks still start."}{" "}
          {running} will finish.
        </p>
      }
      hasReason
      action={isPause ? "Pause" : "Drain"}
      isPending={isPending}
      onConfirm={(reason) => set(control, { state, reason: reason ?? null }, onClose)}
    />
  );
}
