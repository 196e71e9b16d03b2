import { toast } from "sonner";
import { RequestAge, Requester } from "@/components/approvals/requester";
import { useDecideByKey } from "@/components/approvals/use-decide";
import { useMovedGuard } from "@/components/approvals/use-moved-guard";
import { ApprovalCard, showApproval } from "@/components/conversation/approval-card";
import { useCanOperate } from "@/components/shell/identity";
import { keyInFocus } from "@/components/shell/list-keys";
import { usePageKeys } from "@/components/shell/page-keys";
import { Panel } from "@/components/ui/page";
import type { ApprovalSummary } from "@/contract/approval";
import { More } from "./more";

/** `a` and `d` answer the one in focus, as in the inbox. One that goes takes the focus with it: no key meets another. */
function useKeys(approvals: readonly ApprovalSummary[]): void {
  const canOperate = useCanOperate();
  const decide = useDecideByKey();
  const answer = (decision: "accept" | "decline") => {
    const focused = keyInFocus();
    const found = approvals.find(({ id }) => id === focused);
    if (found === undefined) return void toast("No request is focused: move to one with j and k");
    decide({ approvalId: found.id, decision });
  };
  const keys = [
    { keys: "a", name: "Accept the focused request", run: () => answer("accept") },
    { keys: "d", name: "Decline the focused request", run: () => answer("decline") },
  ];
  usePageKeys(canOperate && approvals.length > 0 ? keys : []);
}

/** The requests that have waited longest, each answered in place. */
export function OpenApprovals({ approvals, total }: { approvals: readonly ApprovalSummary[]; total: number }) {
  const guard = useMovedGuard(approvals.map(({ id }) => id));
  useKeys(approvals);
  if (approvals.length === 0) return null;
  return (
    <Panel
      title={`Waiting for approval (${Math.max(total, approvals.length)})`}
      actions={<More href="/approvals" />}
      className="shrink-0 border-warn/50"
    >
      <ul {...guard}>
        {approvals.map((approval) => (
          <li key={approval.id} data-row={approval.id} className="px-4 py-2.5 not-last:border-b focus-within:bg-hover">
            <p className="mb-1.5 flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-ink-2">
              <Requester approval={approval} />
              <RequestAge approval={approval} />
            </p>
            <ApprovalCard shown={showApproval(approval)} isDense />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
