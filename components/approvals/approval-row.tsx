import { ApprovalCard, showApproval } from "@/components/conversation/approval-card";
import { cn } from "@/components/ui/class-names";
import type { RowChoice } from "@/components/ui/list/table";
import type { ApprovalSummary } from "@/contract/approval";
import { RequestAge, Requester } from "./requester";

type ApprovalRowProps = {
  approval: ApprovalSummary;
  choice: RowChoice | null;
  /** Narrows the list to its project. */
  onProject: (projectId: string) => void;
};

/** One request: who asks, by which policy, until when, and exactly what for. */
export function ApprovalRow({ approval, choice, onProject }: ApprovalRowProps) {
  const { id, projectId } = approval;
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
        {choice?.checkbox?.(id)}
        <Requester
          approval={approval}
          project={
            <button
              type="button"
              className="min-h-6 min-w-6 hover:underline"
              title="Show only this project"
              onClick={() => onProject(projectId)}
            >
              {projectId}
            </button>
          }
        />
        <RequestAge approval={approval} />
      </p>
      <ApprovalCard shown={showApproval(approval)} />
    </li>
  );
}
