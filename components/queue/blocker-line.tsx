import Link from "next/link";
import { blockerWords, needsPerson } from "@/components/queue/task/explain";
import { BUDGETS_ADDRESS, budgetAddress, taskAddress } from "@/components/shell/addresses";
import { cn } from "@/components/ui/class-names";
import { shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Countdown } from "@/components/ui/time/time";
import type { Blocker, QueueTask } from "@/contract/queue";

/** In a row; its page has all that are told of. */
const HOLDERS_SHOWN = 3;

type BlockerLineProps = {
  blocker: Blocker;
  task: QueueTask;
  /** Titles of tasks that are known; others are called by their ids. */
  titles?: ReadonlyMap<string, string>;
  className?: string;
};

/** Why a task waits, until when, and who holds what it waits for, each a link. */
export function BlockerLine({ blocker, task, titles, className }: BlockerLineProps) {
  const titlesById = new Map(blocker.dependencies?.tasks.map(({ taskId, title }) => [taskId, revealHidden(title)]));
  const shown = blocker.holders.slice(0, HOLDERS_SHOWN);
  const more = (blocker.dependencies?.count ?? blocker.holders.length) - shown.length;
  return (
    <span
      className={cn(needsPerson(blocker) ? "text-warn" : "text-ink-3", className)}
      title={revealHidden(blocker.message)}
    >
      {blocker.kind === "dependency" ? "Waiting for" : blockerWords(blocker, task)}
      {blocker.until !== null && (
        <>
          , {blocker.rate && "the next "}
          <Countdown to={blocker.until} past="any moment now" />
        </>
      )}
      {blocker.kind === "budget-reached" && (
        <>
          {": "}
          <Link
            href={blocker.budgetId === undefined ? BUDGETS_ADDRESS : budgetAddress(blocker.budgetId)}
            className="relative z-10 text-ink-2 underline-offset-2 hover:underline"
          >
            {blocker.budgetId === undefined ? "budgets" : "budget"}
          </Link>
        </>
      )}
      {shown.length > 0 && (blocker.kind === "dependency" ? " " : ": ")}
      {shown.map((id, index) => (
        <span key={id}>
          {index > 0 && ", "}
          <Link
            href={taskAddress(id)}
            title={id}
            className="relative z-10 text-ink-2 underline-offset-2 hover:underline"
          >
            {titlesById.get(id) ?? titles?.get(id) ?? shortenId(id, 4)}
          </Link>
        </span>
      ))}
      {more > 0 && ` and ${more} more`}
    </span>
  );
}
