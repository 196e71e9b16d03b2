import { AskedFor, Asker } from "@/components/approvals/asker";
import { useMovedGuard } from "@/components/approvals/use-moved-guard";
import { ApprovalCard, showApproval } from "@/components/conversation/approval-card";
import { Panel } from "@/components/ui/page";
import type { ApprovalSummary } from "@/contract/approval";
import { More } from "./more";

/** Those that wait longest, each to be decided where it stands. */
export function OpenApprovals({ approvals, total }: { approvals: readonly ApprovalSummary[]; total: number }) {
  const guard = useMovedGuard(approvals.map(({ id }) => id));
  if (approvals.length === 0) return null;
  return (
    <Panel
      title={`Approvals that wait (${Math.max(total, approvals.length)})`}
      actions={<More href="/approvals" />}
      className="shrink-0 border-warn/50"
    >
      <ul className="flex flex-col gap-3 p-3" {...guard}>
        {approvals.map((approval) => (
          <li key={approval.id} data-row={approval.id} className="rounded-lg p-1 focus-within:bg-hover">
            <p className="mb-1 flex flex-wrap items-center gap-x-2 gap-y-1 text-xs text-ink-2">
              <Asker approval={approval} />
              <AskedFor approval={approval} />
            </p>
            <ApprovalCard shown={showApproval(approval)} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
