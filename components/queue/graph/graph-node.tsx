import Link from "next/link";
import type { Box, Direction } from "@/components/graph/layout";
import { blockerWords } from "@/components/queue/task/explain";
import { graphStateOf, waitOf } from "@/components/queue/task/hold-ups";
import { taskAddress } from "@/components/shell/addresses";
import { cn } from "@/components/ui/class-names";
import { revealHidden } from "@/components/ui/hidden-characters";
import { State, stateStyle, type Tone } from "@/components/ui/state";
import { Duration } from "@/components/ui/time/time";
import { GRAPH_COUNTED_MAX, type GraphTask } from "@/contract/queue-graph";

const TONES: Record<Tone, string> = {
  good: "border-good/50 bg-good-soft",
  busy: "border-busy bg-busy-soft",
  warn: "border-warn bg-warn-soft",
  bad: "border-bad bg-bad-soft",
  quiet: "border-line-strong bg-panel",
};

type NodeProps = {
  task: GraphTask;
  byId: ReadonlyMap<string, GraphTask>;
  box: Box;
  direction: Direction;
  isOwn: boolean;
  isTabbed: boolean;
  isTraced: boolean;
  onPoint: (id: string) => void;
  onFocus: () => void;
};

/** A task in the picture: its title, how it stands and for how long, or what it waits for. Leads to its page. */
export function GraphNode({ task, byId, box, direction, isOwn, isTabbed, isTraced, onPoint, onFocus }: NodeProps) {
  const state = graphStateOf(task);
  const wait = waitOf(task, byId);
  const waitReason = wait === null ? null : blockerWords(wait, task);
  // What failed is in the picture, and leads here; its state says already that it waits.
  const detail = wait?.kind === "dependency-failed" ? "needs a person" : (waitReason?.replace(/^Waiting /, "") ?? null);
  const title = revealHidden(task.title);
  const before = task.dependsOn.flatMap((id) => byId.get(id)?.title ?? []);
  return (
    <li className="absolute" style={{ left: box.x, top: box.y, width: box.width, height: box.height }}>
      <Link
        href={taskAddress(task.taskId)}
        prefetch={false}
        data-step={task.taskId}
        title={waitReason === null ? title : `${title}\n${waitReason}`}
        tabIndex={isTabbed ? 0 : -1}
        aria-current={isOwn ? "true" : undefined}
        onPointerEnter={() => onPoint(task.taskId)}
        onFocus={onFocus}
        className={cn(
          "flex h-full flex-col justify-between overflow-hidden rounded-md border px-2.5 py-1.5 text-xs leading-4 hover:shadow-pop",
          TONES[stateStyle(state.state).tone],
          isOwn && "ring-2 ring-accent ring-offset-2 ring-offset-panel",
          isTraced && "outline-2 outline-accent",
        )}
      >
        <span className={"line-clamp-2 font-medium wrap-anywhere"}>{title}</span>
        <span className={cn("flex min-w-0 gap-x-1.5", direction === "down" ? "flex-col" : "items-center")}>
          <State isIconless {...state} />{" "}
          <span className="min-w-0 truncate text-2xs text-ink-2">
            {detail}
            {task.startedAt !== null && <Duration from={task.startedAt} to={task.endedAt} />}
          </span>
        </span>
        <span className="sr-only">
          {isOwn && ", this task"}
          {waitReason !== detail && `, ${waitReason}`}
          {before.length > 0 && `, depends on ${before.map(revealHidden).join(", ")}`}
        </span>
        <More task={task} />
      </Link>
    </li>
  );
}

/** That there are others before or after it that are not shown. */
function More({ task: { moreBefore, moreAfter } }: { task: GraphTask }) {
  const count = (more: number) =>
    more >= GRAPH_COUNTED_MAX ? `${GRAPH_COUNTED_MAX.toLocaleString("en")} or more` : more;
  const parts = [
    ...(moreBefore > 0 ? [`${count(moreBefore)} more before`] : []),
    ...(moreAfter > 0 ? [`${count(moreAfter)} more after`] : []),
  ];
  if (parts.length === 0) return null;
  return (
    <span className="absolute right-1.5 -bottom-2 rounded-sm border bg-raised px-1 text-2xs text-ink-2">
      {parts.join(", ")}
    </span>
  );
}
