"use client";
import dynamic from "next/dynamic";
import { useRouter } from "next/navigation";
import { type KeyboardEvent, type ReactNode, useState } from "react";
import { useBulk } from "@/components/bulk/use-bulk";
import { usePeek } from "@/components/peek/use-peek";
import { laneControlOf } from "@/components/queue/lanes/controls";
import { useCanChangeControl, useControl } from "@/components/queue/lanes/use-control";
import { taskAddress } from "@/components/shell/addresses";
import { useCanOperate, useReader } from "@/components/shell/identity";
import { DialogLoading } from "@/components/ui/dialog/dialog-loading";
import { tasksInput } from "@/contract/query/tasks";
import type { QueueTaskSummary } from "@/contract/queue";
import type { QueueControl } from "@/contract/queue-control";
import { canCancel, canMove, canPrioritise, canRetry } from "./allowed-actions";
import { filterWords, type QueueFilter } from "./filter";
import type { RowAction } from "./row-actions";
import { usePriority } from "./use-priority";
import { useReadMarks } from "./use-read-marks";
import { useRetry } from "./use-retry";
import { type TaskKeyActions, useTaskKeys } from "./use-task-keys";

const CancelTaskDialog = dynamic(
  () => import("@/components/queue/task/cancel-task").then((module) => module.CancelTaskDialog),
  {
    ssr: false,
    loading: DialogLoading,
  },
);
const ChangeTaskDialog = dynamic(
  () => import("@/components/queue/task/change-task").then((module) => module.ChangeTaskDialog),
  {
    ssr: false,
    loading: DialogLoading,
  },
);
const TaskPeek = dynamic(() => import("@/components/queue/task/task-peek").then((module) => module.TaskPeek), {
  ssr: false,
});
const LaneMenu = dynamic(() => import("@/components/queue/lanes/lane-menu").then((module) => module.LaneMenu), {
  ssr: false,
});
const StopDialog = dynamic(() => import("@/components/queue/lanes/stop-dialog").then((module) => module.StopDialog), {
  ssr: false,
  loading: DialogLoading,
});

type TaskActionsOptions = {
  tasks: readonly QueueTaskSummary[];
  ids: readonly string[];
  /** What all that match are asked for by. */
  filter: QueueFilter;
  hasMore: boolean;
  isRead: boolean;
  controls: readonly QueueControl[];
  onAdd: () => void;
  /** The focus goes to the row that the keys act on. */
  focus: (id: string | null) => void;
  /** A board has more ways to go. */
  keys?: Partial<Pick<TaskKeyActions, "move" | "aside">>;
};

const idOf = ({ id }: QueueTaskSummary) => id;

type OpenDialog =
  | { kind: "cancel" | "change" | "lane"; task: QueueTaskSummary }
  | { kind: "pause"; control: QueueControl };

/** What can be done to tasks that are shown, one by one or to many: by keys, menus and buttons alike. */
export function useTaskActions({
  tasks,
  ids,
  filter,
  hasMore,
  isRead,
  controls,
  onAdd,
  focus,
  keys,
}: TaskActionsOptions) {
  const router = useRouter();
  const readerId = useReader();
  const canOperate = useCanOperate();
  const input = tasksInput(filter, readerId);
  const bulk = useBulk({
    ...{ kind: "task", ids, hasMore, filter: input, filterText: filterWords(filter) },
    labelOf: (id) => tasks.find((task) => task.id === id)?.title ?? id,
    canDo: () => canOperate,
    focus,
  });
  const { selection } = bulk;
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  const close = () => setDialog(null);
  const priority = usePriority();
  const retry = useRetry();
  const marks = useReadMarks();
  const { set: setControl } = useControl();
  const mayChange = useCanChangeControl();
  const atCursor = tasks.find((task) => task.id === selection.cursor);
  const isMany = selection.chosen.size > 0;

  function act(what: RowAction, task: QueueTaskSummary): void {
    if (what === "open") router.push(taskAddress(task.id));
    if (what === "look") peek.open(task.id);
    if (what === "read") marks.some([task]);
    if (what === "raise" && canPrioritise(task)) priority.change(task, 1);
    if (what === "lower" && canPrioritise(task)) priority.change(task, -1);
    if (what === "retry" && canRetry(task)) retry.mutate({ taskId: task.id });
    if (what === "cancel" && canCancel(task)) setDialog({ kind: "cancel", task });
    if (what === "change" && canPrioritise(task)) setDialog({ kind: "change", task });
    if (what === "lane" && canMove(task)) setDialog({ kind: "lane", task });
  }
  const here = (what: RowAction) => atCursor !== undefined && act(what, atCursor);
  const step = (by: number) => focus(selection.step(by));
  const peek = usePeek({ rows: tasks, idOf, noun: "task", isRead, selection, focus, step: keys?.move ?? step });

  useTaskKeys(
    {
      move: step,
      ...keys,
      extend: bulk.extend,
      open: () => here("open"),
      preview: peek.toggle,
      toggle: bulk.toggle,
      chooseAll: bulk.chooseAll,
      prioritise: (by) => (isMany ? bulk.act("reprioritise") : here(by > 0 ? "raise" : "lower")),
      cancel: () => (isMany ? bulk.act("cancel") : here("cancel")),
      retry: () => (isMany ? bulk.act("retry") : here("retry")),
      change: () => (isMany ? bulk.act("move") : here("change")),
      lane: () => (isMany ? bulk.act("move") : here("lane")),
      read: () => {
        if (selection.isAllMatching) marks.all(input);
        else marks.some(isMany ? tasks.filter(({ id }) => selection.chosen.has(id)) : atCursor ? [atCursor] : []);
      },
      pauseLane: () => {
        const control = atCursor && laneControlOf(controls, atCursor);
        if (control === undefined || !mayChange(control)) return;
        if (control.state === "open") setDialog({ kind: "pause", control });
        else setControl(control, { state: "open", reason: null });
      },
      add: onAdd,
    },
    canOperate,
  );

  const dialogs: ReactNode = (
    <>
      {peek.row !== null && <TaskPeek task={peek.row} onAction={(what) => here(what)} onClose={peek.close} />}
      {peek.missing}
      {dialog?.kind === "cancel" && <CancelTaskDialog task={dialog.task} onClose={close} />}
      {dialog?.kind === "change" && <ChangeTaskDialog task={dialog.task} onClose={close} />}
      {dialog?.kind === "pause" && <StopDialog control={dialog.control} state="paused" onClose={close} />}
      {dialog?.kind === "lane" && (
        <LaneMenu
          task={dialog.task}
          controls={controls}
          onOther={() => setDialog({ kind: "change", task: dialog.task })}
          onClose={close}
        />
      )}
    </>
  );
  return {
    ...{ selection, priority, act, dialogs, bar: bulk.bar, rows: bulk.rows },
    /** While somebody chooses, or looks into one, no row may move. */
    isHeld: isMany || peek.row !== null,
    /** Esc closes the panel, then lets go of what is chosen; a dialog takes it first. */
    onKeyDown: (event: KeyboardEvent) => {
      if (dialog === null && !peek.onKeyDown(event)) bulk.onKeyDown(event);
    },
  };
}
