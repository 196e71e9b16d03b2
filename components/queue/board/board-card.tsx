"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import type { RowAction } from "@/components/queue/row-actions";
import { wordsOf } from "@/components/queue/task/explain";
import { Detail, UnreadDot } from "@/components/queue/task/task-parts";
import { TaskMenu } from "@/components/queue/task-menu";
import { taskAddress } from "@/components/shell/addresses";
import { cn } from "@/components/ui/class-names";
import { revealHidden } from "@/components/ui/hidden-characters";
import { State } from "@/components/ui/state";
import { Time } from "@/components/ui/time/time";
import type { QueueTaskSummary } from "@/contract/queue";
import type { Grouping } from "./board";

type BoardCardProps = {
  task: QueueTaskSummary;
  titles: ReadonlyMap<string, string>;
  by: Grouping;
  priority: number;
  /** null: nothing can be done to many. */
  checkbox: ReactNode;
  isChosen: boolean;
  isCursor: boolean;
  hasMoved: boolean;
  canOperate: boolean;
  onFocus: () => void;
  onAct: (what: RowAction) => void;
};

/** A task as a card: what it is called, how urgent and how old it is, and why it waits. */
export function BoardCard({
  task,
  titles,
  by,
  priority,
  checkbox,
  isChosen,
  isCursor,
  hasMoved,
  ...on
}: BoardCardProps) {
  return (
    <li
      data-row={task.id}
      data-selected={isChosen || undefined}
      data-moved={hasMoved || undefined}
      onFocus={on.onFocus}
      className={cn(
        "relative flex flex-col gap-1 rounded-md border bg-panel p-2.5 hover:border-line-strong data-selected:bg-accent-soft",
        // The mark of a card that has moved goes by itself; it fades where motion is welcome.
        "ring-accent-fill motion-safe:transition-shadow motion-safe:duration-500 data-moved:border-accent-fill data-moved:ring-2",
        isCursor && "shadow-[inset_3px_0_0_var(--accent)]",
      )}
    >
      <div className="flex items-start gap-2">
        {task.unread && (
          <span className="mt-1.5 flex">
            <UnreadDot />
          </span>
        )}
        <Link
          id={`task-${task.id}`}
          href={taskAddress(task.id)}
          title={task.id}
          className={cn(
            "line-clamp-2 min-w-0 flex-1 text-sm wrap-anywhere after:absolute after:inset-0 hover:underline focus-visible:-outline-offset-1",
            task.unread ? "font-semibold" : "font-medium",
          )}
        >
          {revealHidden(task.title)}
        </Link>
        <span className="-mt-1 -mr-1.5">
          <TaskMenu task={task} canOperate={on.canOperate} onAct={on.onAct} />
        </span>
      </div>
      {hasMoved && <span className="sr-only">Has just moved here.</span>}
      <span className="flex flex-wrap items-center gap-x-2 gap-y-0.5 text-xs text-ink-2">
        {checkbox}
        {by === "lane" ? <State {...wordsOf(task)} /> : <span title={`${task.queue} / ${task.lane}`}>{task.lane}</span>}
        <span className="tabular-nums" title="Priority">
          <span className="sr-only">Priority </span>
          <span aria-hidden>P</span>
          {priority}
        </span>
        {task.attemptCount > 1 && <span>attempt {task.attemptCount}</span>}
        <Time className="ml-auto" at={task.state === "pending" ? task.createdAt : task.updatedAt} />
      </span>
      {(task.state === "pending" || task.state === "failed" || task.state === "cancelled") && (
        <span className="line-clamp-2 text-xs wrap-anywhere text-ink-3 empty:hidden">
          <Detail task={task} titles={titles} />
        </span>
      )}
    </li>
  );
}
