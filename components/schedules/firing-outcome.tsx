import Link from "next/link";
import { stateWords } from "@/components/queue/task/explain";
import { sessionAddress, taskAddress } from "@/components/shell/addresses";
import { cn } from "@/components/ui/class-names";
import { shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { State } from "@/components/ui/state";
import type { ScheduleFiring } from "@/contract/schedule";
import { OUTCOME_STATE, OUTCOME_WORDS } from "./words";

/** What a time came to: a task, or none. */
export function FiringOutcomeState({ firing: { outcome } }: { firing: ScheduleFiring }) {
  return <State state={OUTCOME_STATE[outcome]} word={OUTCOME_WORDS[outcome]} />;
}

const LINK = "relative z-10 inline-flex min-h-6 items-center text-accent hover:underline";

/** The task that a time brought, as it is now, or why it brought none. */
export function FiringResult({ firing, className }: { firing: ScheduleFiring; className?: string }) {
  const { task, message, holderTaskId } = firing;
  return (
    <span className={cn("flex min-w-0 flex-wrap items-center gap-x-2 text-xs", className)}>
      {task !== null && (
        <>
          <Link href={taskAddress(task.id)} prefetch={false} title={task.id} className={LINK}>
            <code>{shortenId(task.id)}</code>
          </Link>
          <State isIconless {...stateWords(task.state)} title={task.failureKind ?? undefined} />
        </>
      )}
      {task === null && message === null && <span className="text-ink-3">Task deleted</span>}
      {message !== null && (
        <span className="relative z-10 line-clamp-2 min-w-0 wrap-anywhere text-ink-2" title={revealHidden(message)}>
          {revealHidden(message)}
        </span>
      )}
      {holderTaskId !== null && (
        <Link href={taskAddress(holderTaskId)} prefetch={false} title={holderTaskId} className={LINK}>
          Open task
        </Link>
      )}
    </span>
  );
}

/** The way to the session of the task that a time brought. */
export function FiringSession({ firing: { task } }: { firing: ScheduleFiring }) {
  if (task?.sessionId == null) return null;
  return (
    <Link href={sessionAddress(task.sessionId)} prefetch={false} title={task.sessionId} className={LINK}>
      Session
    </Link>
  );
}
