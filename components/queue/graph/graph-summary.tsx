import Link from "next/link";
import { blockerWords } from "@/components/queue/task/explain";
import { countGraphStates, type HoldUp, holdUpsOf, waitOf } from "@/components/queue/task/hold-ups";
import { taskAddress } from "@/components/shell/addresses";
import { cn } from "@/components/ui/class-names";
import { formatPlural } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { State } from "@/components/ui/state";
import type { TaskGraph } from "@/contract/queue-graph";

const HOLD_UPS_SHOWN = 3;

/** How many tasks there are of each state, and why they do not go on. */
export function GraphSummary({ graph, className }: { graph: TaskGraph; className?: string }) {
  const byId = new Map(graph.tasks.map((task) => [task.taskId, task]));
  const holdUps = holdUpsOf(graph.tasks);
  const summaryOf = ({ task, kind, behind }: HoldUp) => {
    const wait = waitOf(task, byId);
    if (kind === "ended" || wait === null) {
      const ended = task.state === "cancelled" ? "was cancelled" : task.state;
      return `${ended} and blocks ${formatPlural(behind, "task")}`;
    }
    const waitReason = blockerWords(wait, task);
    return `${kind === "next" ? "is next" : "is waiting"}: ${waitReason}${behind === 0 ? "" : `; ${formatPlural(behind, "task")} behind it`}`;
  };
  return (
    <div className={cn("flex flex-col gap-1.5 text-xs", className)}>
      <ul aria-label="Tasks by state" className="flex flex-wrap items-center gap-x-4 gap-y-1">
        <li className="font-medium">
          {formatPlural(
            graph.tasks.length,
            graph.isTruncated ? "task shown" : "task",
            graph.isTruncated ? "tasks shown" : "tasks",
          )}
        </li>
        {countGraphStates(graph.tasks).map(({ state, word, count }) => (
          <li key={word} className="flex">
            <State isIconless state={state} word={`${count} ${word}`} />
          </li>
        ))}
      </ul>
      {holdUps.length > 0 && (
        <ul aria-label="Blocked by" className="flex flex-col gap-0.5">
          {holdUps.slice(0, HOLD_UPS_SHOWN).map((holdUp) => (
            <li
              key={holdUp.task.taskId}
              className={cn("wrap-anywhere", holdUp.kind === "next" ? "text-ink-2" : "text-warn")}
            >
              <Link
                href={taskAddress(holdUp.task.taskId)}
                prefetch={false}
                className="inline-block max-w-full truncate align-bottom font-medium underline underline-offset-2 sm:max-w-sm"
              >
                {revealHidden(holdUp.task.title)}
              </Link>{" "}
              {summaryOf(holdUp)}.
            </li>
          ))}
          {holdUps.length > HOLD_UPS_SHOWN && <li className="text-ink-2">{holdUps.length - HOLD_UPS_SHOWN} more</li>}
        </ul>
      )}
    </div>
  );
}
