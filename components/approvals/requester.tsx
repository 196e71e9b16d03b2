import Link from "next/link";
import type { ReactNode } from "react";
import { nameOf } from "@/components/sessions/name";
import { runAddress, sessionAddress, taskAddress } from "@/components/shell/addresses";
import { cn } from "@/components/ui/class-names";
import { formatDuration, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Countdown, Time } from "@/components/ui/time/time";
import type { ApprovalSummary } from "@/contract/approval";

/** A dot that ends a part of a line, so that no line of several begins with one; it is not read out. */
const DOT = "after:ml-2 after:inline-block after:text-ink-3 after:content-['·'/'']";

/**
 * Who asks, each a way to look: the session and the task by their titles, the run; then by which profile, and which
 * sub-agent, where it is one. `project`: where requests of several are listed.
 */
export function Requester({ approval, project }: { approval: ApprovalSummary; project?: ReactNode }) {
  const { id, sessionId, sessionTitle, taskId, taskTitle, runId, backendProfile, agentThreadId, status } = approval;
  // Until when it can be answered comes last.
  const isPending = status === "pending";
  return (
    <>
      {sessionId !== null && (
        <Link
          href={`${sessionAddress(sessionId)}#${id}`}
          title={`session ${sessionId}`}
          className={cn(DOT, "min-w-0 font-medium wrap-anywhere text-accent hover:underline leading-6 min-w-6")}
        >
          {sessionTitle === null ? `session ${shortenId(sessionId)}` : nameOf({ title: sessionTitle })}
        </Link>
      )}
      {taskId !== null && taskTitle !== sessionTitle && (
        <Link href={taskAddress(taskId)} className={cn(DOT, "min-w-0 wrap-anywhere hover:underline leading-6 min-w-6")}>
          Task: {taskTitle === null ? shortenId(taskId) : revealHidden(taskTitle)}
        </Link>
      )}
      {project !== undefined && <span className={DOT}>{project}</span>}
      <span className={DOT}>{backendProfile}</span>
      <Link
        href={runAddress(runId)}
        title={`run ${runId}`}
        className={cn((isPending || agentThreadId != null) && DOT, "hover:underline leading-6 min-w-6")}
      >
        Run
      </Link>
      {/* A server of the release before says nothing of it. */}
      {agentThreadId != null && (
        <span className={cn(isPending && DOT)} title={revealHidden(agentThreadId)}>
          Sub-agent {revealHidden(shortenId(agentThreadId))}
        </span>
      )}
    </>
  );
}

/** When the request was made, and how long it can be answered. */
export function RequestAge({ approval }: { approval: ApprovalSummary }) {
  const { policy, status, expiresAt } = approval;
  const limit = typeof policy.turnTimeoutMs === "number" ? `, ${formatDuration(policy.turnTimeoutMs)} at most` : "";
  return (
    <>
      {status === "pending" &&
        (expiresAt === null ? (
          <span>expires when the turn ends{limit}</span>
        ) : (
          <span title={`The turn reaches its time limit then${limit}.`}>
            expires <Countdown to={expiresAt} />
          </span>
        ))}
      <Time at={approval.createdAt} className="ml-auto text-ink-3" />
    </>
  );
}
