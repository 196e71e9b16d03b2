"use client";
import { DangerDialog } from "@/components/ui/danger-dialog";
import { formatPlural } from "@/components/ui/format";
import type { QueueControl } from "@/contract/queue-control";
import { nameOfPlace, useControl } from "./use-control";

type StopDialogProps = { control: QueueControl; state: "paused" | "draining"; onClose: () => void };

/** Asks why before a queue or a lane is held up: whoever finds it so reads the reason. */
export function StopDialog({ control, state, onClose }: StopDialogProps) {
  const { set, isPending } = useControl();
  const name = nameOfPlace(control);
  const isPause = state === "paused";
  const waiting = formatPlural(control.waiting, "task");
  const running = formatPlural(control.running, "task");
  return (
    <DangerDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`${isPause ? "Pause" : "Drain"} ${name}`}
      consequence={
        <p>
          {isPause
            ? "Nothing of it is dispatched until it goes on."
            : "New tasks are refused until it goes on, whoever adds them; what waits is still dispatched."}{" "}
          Waiting now: {waiting}. What runs goes on to its end: {running}.
        </p>
      }
      hasReason
      action={isPause ? "Pause" : "Drain"}
      isPending={isPending}
      onConfirm={(reason) => set(control, { state, reason: reason ?? null }, onClose)}
    />
  );
}
