import Link from "next/link";
import { nameOf } from "@/components/sessions/name";
import { runAddress, sessionAddress, taskAddress } from "@/components/shell/addresses";
import { formatDuration, shortenId } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import { Countdown, Time } from "@/components/ui/time";
import type { ApprovalSummary } from "@/contract/approval";

/**
 * Who asks, each a way to look: the session and the task by their titles, the run; then by which profile, and which
 * sub-agent, where it is one.
 */
export function Asker({ approval }: { approval: ApprovalSummary }) {
  const { id, sessionId, sessionTitle, taskId, taskTitle, runId, backendProfile, agentThreadId } = approval;
  return (
    <>
      {sessionId !== null && (
        <Link
          href={`${sessionAddress(sessionId)}#${id}`}
          title={`session ${sessionId}`}
          className="min-w-0 font-medium wrap-anywhere text-accent hover:underline"
        >
          {sessionTitle === null ? `session ${shortenId(sessionId)}` : nameOf({ title: sessionTitle })}
        </Link>
      )}
      {taskId !== null && (
        <Link href={taskAddress(taskId)} className="min-w-0 wrap-anywhere hover:underline">
          task {taskTitle === null ? shortenId(taskId) : showTricks(taskTitle)}
        </Link>
      )}
      <Link href={runAddress(runId)} className="hover:underline">
        run {shortenId(runId)}
      </Link>
      <span>{backendProfile}</span>
      {/* A server of the release before says nothing of it. */}
      {agentThreadId != null && (
        <span title={showTricks(agentThreadId)}>sub-agent {showTricks(shortenId(agentThreadId))}</span>
      )}
    </>
  );
}

/** Since when it is asked, and until when it can be answered. */
export function AskedFor({ approval }: { approval: ApprovalSummary }) {
  const { policy, status, expiresAt } = approval;
  const limit = typeof policy.turnTimeoutMs === "number" ? `, ${formatDuration(policy.turnTimeoutMs)} at most` : "";
  return (
    <>
      {status === "pending" &&
        (expiresAt === null ? (
          <span>open while its turn lasts{limit}</span>
        ) : (
          <span title={`Its turn comes to its limit${limit} then, and nothing is left to allow.`}>
            expires <Countdown to={expiresAt} />
          </span>
        ))}
      <Time at={approval.createdAt} className="ml-auto text-ink-3" />
    </>
  );
}
