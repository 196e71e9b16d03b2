"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { DangerDialog } from "@/components/ui/dialog/danger-dialog";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Budget } from "@/contract/budget";

type DeleteBudgetProps = { budget: Budget; onClose: () => void; onDeleted?: (() => void) | undefined };

/** Says what goes on once a budget is away, and deletes it. */
export function DeleteBudgetDialog({ budget, onClose, onDeleted }: DeleteBudgetProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const remove = useMutation(
    trpc.budgets.delete.mutationOptions({
      onSuccess: () => {
        onClose();
        onDeleted?.();
        for (const queryKey of [trpc.budgets.list.pathKey(), trpc.queue.pathKey(), trpc.overview.pathKey()])
          void client.invalidateQueries({ queryKey });
        toast.success(`Deleted ${revealHidden(budget.name)}`);
      },
    }),
  );
  return (
    <DangerDialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={`Delete budget ${budget.name}`}
      consequence={
        <ul className="list-disc pl-4">
          <li>{consequenceOf(budget)}</li>
          <li>Usage data is kept. The budget's history is deleted.</li>
          <li>This can't be undone. Raise the limit or switch it to Warn instead.</li>
        </ul>
      }
      action="Delete budget"
      isPending={remove.isPending}
      error={remove.error}
      curl={() => ({ method: "DELETE", path: `/budgets/${encodeURIComponent(budget.id)}` })}
      onConfirm={() => remove.mutate({ budgetId: budget.id })}
    />
  );
}

function consequenceOf({ state, action }: Budget): string {
  if (action === "tell") return "Nobody is warned any more. No work is blocked by it.";
  return state === "reached"
    ? "Blocked work resumes now, unless another budget blocks it."
    : "Spending is no longer limited by this budget.";
}
