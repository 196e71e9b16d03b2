// biome-ignore-all lint/a11y/noRedundantRoles: some browsers drop a table's meaning once its display is changed.
"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useEffect, useRef, useState } from "react";
import type { Selection } from "@/components/bulk/use-selection";
import { cn } from "@/components/ui/class-names";
import { OverflowBox } from "@/components/ui/overflow-box";
import type { QueueTaskSummary } from "@/contract/queue";
import type { RowAction } from "./row-actions";
import type { TaskColumns } from "./task-columns";
import { gridStyle } from "./task-grid";
import { ROW_GRID, TaskRow } from "./task-row";
import { useLostFocus } from "./use-lost-focus";

const ROW_PX = 52;
/** So far from the end of what is loaded more is asked for. */
const AHEAD_ROWS = 25;

type TasksTableProps = {
  tasks: readonly QueueTaskSummary[];
  titles: ReadonlyMap<string, string>;
  columns: TaskColumns;
  scroller: RefObject<HTMLDivElement | null>;
  /** What stays at the top of the scrolling page and covers rows. */
  bar: RefObject<HTMLDivElement | null>;
  selection: Selection;
  /** Rises when the focus is to go to the cursor's row. */
  focusRequest: number;
  onLostFocus: () => void;
  hasQueue: boolean;
  canOperate: boolean;
  hasMore: boolean;
  onMore: () => void;
  priorityOf: (task: QueueTaskSummary) => number;
  onAct: (what: RowAction, task: QueueTaskSummary) => void;
};

/** Tasks as rows, of which those in sight alone are drawn: a thousand cost what a screenful costs. */
export function TasksTable({ tasks, scroller, selection, focusRequest, hasMore, onMore, ...props }: TasksTableProps) {
  const body = useRef<HTMLTableSectionElement>(null);
  const scrollMargin = useOffset(body, scroller);
  const coveredPx = useHeight(props.bar);
  const virtual = useVirtualizer({
    count: tasks.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => tasks[index]?.id ?? index,
    overscan: 10,
    scrollMargin,
    scrollPaddingStart: coveredPx,
    scrollPaddingEnd: 96,
    useFlushSync: false,
  });
  useCursorFocus({ tasks, cursor: selection.cursor, focusRequest, scrollTo: (index) => virtual.scrollToIndex(index) });
  useLostFocus(body, tasks, props.onLostFocus);
  const rows = virtual.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && last >= tasks.length - AHEAD_ROWS) onMore();
  }, [hasMore, last, tasks.length, onMore]);
  return (
    <OverflowBox label="Tasks, scrollable">
      <table
        role="table"
        aria-label="Tasks"
        aria-rowcount={hasMore ? -1 : tasks.length + 1}
        className="block text-sm sm:min-w-(--tasks-width)"
        style={gridStyle(props.columns)}
      >
        <thead role="rowgroup" className="block max-sm:sr-only">
          <tr role="row" className={cn("h-8 border-b text-left text-xs text-ink-3", ROW_GRID)}>
            <Head name="Choose" isHidden />
            <Head name="State" />
            <Head name="Task" />
            {props.columns.shown.map(({ id, name }) => (
              <Head
                key={id}
                name={name}
                className={id === "priority" ? "text-center" : id === "since" ? "text-right" : undefined}
              />
            ))}
            <Head name="Actions" isHidden />
          </tr>
        </thead>
        <tbody ref={body} role="rowgroup" className="relative block" style={{ height: virtual.getTotalSize() }}>
          {rows.map((row) => {
            const task = tasks[row.index];
            if (task === undefined) return null;
            return (
              <TaskRow
                key={row.key}
                task={task}
                titles={props.titles}
                columns={props.columns}
                position={{
                  index: row.index,
                  ref: virtual.measureElement,
                  style: { transform: `translateY(${row.start - scrollMargin}px)` },
                }}
                isCursor={selection.cursor === task.id}
                isChosen={selection.isAllMatching || selection.chosen.has(task.id)}
                hasQueue={props.hasQueue}
                canOperate={props.canOperate}
                priority={props.priorityOf(task)}
                onFocus={() => selection.moveTo(task.id)}
                onToggle={(isRange) => selection.toggle(task.id, isRange)}
                onAct={(what) => props.onAct(what, task)}
              />
            );
          })}
        </tbody>
      </table>
    </OverflowBox>
  );
}

function Head({ name, isHidden, className }: { name: string; isHidden?: boolean; className?: string }) {
  return (
    <th role="columnheader" scope="col" className={cn("font-medium", className)}>
      {isHidden ? <span className="sr-only">{name}</span> : name}
    </th>
  );
}

function useHeight(measuredElement: RefObject<HTMLElement | null>): number {
  const [height, setHeight] = useState(0);
  useEffect(() => {
    const element = measuredElement.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setHeight(element.offsetHeight));
    observer.observe(element);
    return () => observer.disconnect();
  }, [measuredElement]);
  return height;
}

/**
 * How far below the top of what scrolls a part begins. What stands above it may grow while its rows are looked at: they
 * stay where they are. The browser would see to it, but not where rows come in that very moment.
 */
function useOffset(element: RefObject<HTMLElement | null>, scroller: RefObject<HTMLElement | null>): number {
  const [offset, setOffset] = useState(0);
  const previousCount = useRef(0);
  // Not before the paint: what scrolls is above this part, and is there only after it.
  useEffect(() => {
    const scrollElement = scroller.current;
    if (scrollElement === null) return;
    // Above the rows the browser does it, and there alone.
    const leave = () => {
      scrollElement.style.overflowAnchor = scrollElement.scrollTop > previousCount.current ? "none" : "";
    };
    const measure = () => {
      if (element.current === null) return;
      const top =
        element.current.getBoundingClientRect().top -
        scrollElement.getBoundingClientRect().top +
        scrollElement.scrollTop;
      const next = Math.round(top);
      if (scrollElement.scrollTop > previousCount.current && previousCount.current > 0)
        scrollElement.scrollTop += next - previousCount.current;
      previousCount.current = next;
      setOffset(next);
      leave();
    };
    const observer = new ResizeObserver(measure);
    observer.observe(scrollElement);
    for (const child of scrollElement.children) observer.observe(child);
    scrollElement.addEventListener("scroll", leave, { passive: true });
    measure();
    return () => {
      observer.disconnect();
      scrollElement.removeEventListener("scroll", leave);
      scrollElement.style.overflowAnchor = "";
    };
  }, [element, scroller]);
  return offset;
}

type FocusInput = {
  tasks: readonly QueueTaskSummary[];
  cursor: string | null;
  focusRequest: number;
  scrollTo: (index: number) => void;
};

/** Brings the cursor's row into sight and the focus to it, once for each time that it is asked for. */
function useCursorFocus({ tasks, cursor, focusRequest, scrollTo }: FocusInput): void {
  const pendingFocusId = useRef<string | null>(null);
  // A key may be pressed before the table has come to life.
  const handledRequest = useRef(0);
  useEffect(() => {
    if (handledRequest.current === focusRequest) return;
    handledRequest.current = focusRequest;
    if (cursor === null) return;
    pendingFocusId.current = cursor;
    scrollTo(tasks.findIndex((task) => task.id === cursor));
  });
  useEffect(() => {
    const id = pendingFocusId.current;
    if (id === null) return;
    const link = document.getElementById(`task-${id}`);
    // Its row is drawn with the next pass, once the list has been scrolled to it.
    if (link === null) return;
    pendingFocusId.current = null;
    link.focus({ preventScroll: true });
  });
}
