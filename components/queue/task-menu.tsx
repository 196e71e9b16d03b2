"use client";
import { copyText } from "@/components/ui/copy";
import { copyCurl } from "@/components/ui/curl/curl";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ActionsMenu } from "@/components/ui/menu/actions-menu";
import { MenuItem, MenuSeparator } from "@/components/ui/menu/menu";
import type { QueueTaskSummary } from "@/contract/queue";
import { canCancel, canMove, canPrioritise, canRetry } from "./allowed-actions";
import type { RowAction } from "./row-actions";

type TaskMenuProps = {
  task: QueueTaskSummary;
  canOperate: boolean;
  /** Whether it stands in the panel itself. */
  isInPeek?: boolean;
  onAct: (what: RowAction) => void;
};

/** What can be done to a task, behind one button. */
export function TaskMenu({ task, canOperate, isInPeek = false, onAct }: TaskMenuProps) {
  const path = `/queue/tasks/${encodeURIComponent(task.id)}`;
  const isPending = task.state === "pending";
  return (
    <ActionsMenu label={`Actions on ${revealHidden(task.title)}`}>
      <MenuItem onSelect={() => onAct("open")}>Open</MenuItem>
      {!isInPeek && <MenuItem onSelect={() => onAct("look")}>Preview</MenuItem>}
      <MenuItem isDisabled={!task.unread} onSelect={() => onAct("read")}>
        Mark as read
      </MenuItem>
      <MenuItem onSelect={() => void copyText(task.id)}>Copy ID</MenuItem>
      <MenuItem onSelect={() => void copyCurl({ path })}>Copy as curl</MenuItem>
      {canOperate && (
        <>
          <MenuItem
            isDisabled={!canCancel(task)}
            onSelect={() => void copyCurl({ method: "POST", path: `${path}/cancel`, body: {} })}
          >
            Copy cancel as curl
          </MenuItem>
          <MenuSeparator />
          <MenuItem isDisabled={!canPrioritise(task)} onSelect={() => onAct("raise")}>
            Raise priority
          </MenuItem>
          <MenuItem isDisabled={!canPrioritise(task)} onSelect={() => onAct("lower")}>
            Lower priority
          </MenuItem>
          <MenuItem isDisabled={!canMove(task)} onSelect={() => onAct("lane")}>
            Move to another lane…
          </MenuItem>
          <MenuItem isDisabled={!canPrioritise(task)} onSelect={() => onAct("change")}>
            Edit…
          </MenuItem>
          <MenuItem isDisabled={!canRetry(task)} onSelect={() => onAct("retry")}>
            {isPending ? "Start now" : "Retry"}
          </MenuItem>
          <MenuItem isDanger isDisabled={!canCancel(task)} onSelect={() => onAct("cancel")}>
            Cancel…
          </MenuItem>
        </>
      )}
    </ActionsMenu>
  );
}
