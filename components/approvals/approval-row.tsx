import Link from "next/link";
import { ApprovalCard, showApproval } from "@/components/conversation/approval-card";
import { runAddress, sessionAddress } from "@/components/shell/addresses";
import { cn } from "@/components/ui/class-names";
import { formatDuration, shortenId } from "@/components/ui/format";
import type { RowChoice } from "@/components/ui/table";
import { Time } from "@/components/ui/time";
import type { Approval } from "@/contract/approval";

/** One request: who asks, by which policy, until when, and exactly what for. */
export function ApprovalRow({ approval, choice }: { approval: Approval; choice: RowChoice | null }) {
  const { id, policy } = approval;
  return (
    <li
      data-row={id}
      onFocus={() => choice?.onFocus(id)}
      className={cn(
        "flex flex-col gap-1.5 rounded-lg p-1 focus-within:bg-hover",
        choice?.isChosen(id) === true && "bg-accent-soft focus-within:bg-accent-soft",
      )}
    >
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-ink-2">
        {choice?.box(id)}
        {approval.sessionId !== null && (
          <Link href={`${sessionAddress(approval.sessionId)}#${id}`} className="text-accent hover:underline">
            session {shortenId(approval.sessionId)}
          </Link>
        )}
        <Link href={runAddress(approval.runId)} className="hover:underline">
          run {shortenId(approval.runId)}
        </Link>
        <span>{approval.projectId}</span>
        <span>policy {String(policy.approval ?? "on-request")}</span>
        {approval.status === "pending" && (
          <span>
            {typeof policy.turnTimeoutMs === "number"
              ? `open while its turn lasts, ${formatDuration(policy.turnTimeoutMs)} at most`
              : "open while its turn lasts"}
          </span>
        )}
        <Time at={approval.createdAt} className="ml-auto text-ink-3" />
      </p>
      <ApprovalCard shown={showApproval(approval)} />
    </li>
  );
}
