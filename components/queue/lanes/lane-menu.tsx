"use client";
import { useMutation } from "@tanstack/react-query";
import { type KeyboardEvent, useRef } from "react";
import { toast } from "sonner";
import { toastRefused } from "@/components/queue/conflict";
import { useTaskCache } from "@/components/queue/use-task-cache";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog/dialog";
import { revealHidden } from "@/components/ui/hidden-characters";
import { toastUndo } from "@/components/ui/undo";
import type { QueueTask } from "@/contract/queue";
import type { QueueControl } from "@/contract/queue-control";

type LaneMenuProps = {
  task: QueueTask;
  controls: readonly QueueControl[];
  /** A lane that is not there yet, or another queue. */
  onOther: () => void;
  onClose: () => void;
};

/** The other lanes of a task's queue: one press moves it there, another takes it back. */
export function LaneMenu({ task, controls, onOther, onClose }: LaneMenuProps) {
  const first = useRef<HTMLButtonElement>(null);
  const move = useMove();
  const ofQueue = controls.filter(({ queue }) => queue === task.queue).flatMap(({ lane }) => lane ?? []);
  const lanes = [...new Set(ofQueue)].filter((lane) => lane !== task.lane).sort();
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      initialFocus={first}
      title="Move to another lane"
      description={`${revealHidden(task.title)} is in ${task.queue} / ${task.lane}`}
      className="sm:w-80"
    >
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the arrows go through the buttons, which Tab does too. */}
      <div className="scroll-thin flex max-h-[50dvh] flex-col gap-1 overflow-y-auto" onKeyDown={stepFocus}>
        {lanes.map((lane, index) => (
          <Button
            key={lane}
            ref={index === 0 ? first : undefined}
            variant="ghost"
            className="justify-start"
            onClick={() => {
              onClose();
              void move(task, lane);
            }}
          >
            {lane}
          </Button>
        ))}
        <Button
          ref={lanes.length === 0 ? first : undefined}
          variant="ghost"
          className="justify-start"
          onClick={onOther}
        >
          Another lane or queue…
        </Button>
      </div>
    </Dialog>
  );
}

function stepFocus(event: KeyboardEvent<HTMLElement>): void {
  const by = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
  if (by === undefined) return;
  event.preventDefault();
  const buttons = [...event.currentTarget.querySelectorAll("button")];
  const at = buttons.indexOf(event.target as HTMLButtonElement);
  buttons[Math.max(0, Math.min(buttons.length - 1, at + by))]?.focus();
}

/** Moves a task to a lane of its queue, by the version that was seen. The menu is gone before the answer is there. */
function useMove() {
  const trpc = useTRPC();
  const { accept, updateCached } = useTaskCache();
  const { mutateAsync } = useMutation(trpc.queue.updateTask.mutationOptions());
  return async function move(task: QueueTask, lane: string, isUndo = false): Promise<void> {
    try {
      const answer = await mutateAsync({ taskId: task.id, lane, expectedVersion: task.version });
      accept(answer);
      if (isUndo) return void toast.success(`Moved back to ${lane}: ${revealHidden(task.title)}`);
      toastUndo(`Moved to ${lane}: ${revealHidden(task.title)}`, () => void move(answer, task.lane, true));
    } catch (failure) {
      toastRefused<QueueTask>(
        failure,
        updateCached,
        `${revealHidden(task.title)} was changed by someone else. Check it and try again`,
      );
    }
  };
}
