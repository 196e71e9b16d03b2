"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { toast } from "sonner";
import { useTRPC } from "@/components/trpc/client";
import { DangerDialog } from "@/components/ui/danger-dialog";
import { showTricks } from "@/components/ui/hidden-text";
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
        toast.success(`Deleted ${showTricks(budget.name)}`);
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
          <li>What was spent stays in the usage of its calls. That it was reached, and raised, is forgotten.</li>
          <li>It cannot be taken back. Another limit, or “Tell”, can.</li>
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
  if (action === "tell") return "Nobody is told any more. Nothing waits for it: all goes on as before.";
  return state === "reached"
    ? "What it holds goes on at once: models are asked again, and tasks that wait for it begin, unless another budget holds them."
    : "Nothing is held at its limit any more: only other budgets bound what is spent.";
}
