import dynamic from "next/dynamic";
import type { Budget, BudgetPeriod } from "@/contract/budget";

const EditBudgetDialog = dynamic(() => import("./edit-budget").then((module) => module.EditBudgetDialog), {
  ssr: false,
});
const DeleteBudgetDialog = dynamic(() => import("./delete-budget").then((module) => module.DeleteBudgetDialog), {
  ssr: false,
});
/** Lets a period that is under way have more. */
export const RaiseBudgetDialog = dynamic(() => import("./raise-budget").then((module) => module.RaiseBudgetDialog), {
  ssr: false,
});

/** What is asked before something is done to a budget; to raise it, in which of its periods. */
export type BudgetDialog = "edit" | "delete" | BudgetPeriod;

type BudgetDialogsProps = {
  budget: Budget;
  shown: BudgetDialog | null;
  onClose: () => void;
  onDeleted?: () => void;
};

/** The dialogs of a budget, each loaded when it is first asked for. */
export function BudgetDialogs({ budget, shown, onClose, onDeleted }: BudgetDialogsProps) {
  if (shown === null) return null;
  if (shown === "edit") return <EditBudgetDialog budget={budget} onClose={onClose} />;
  if (shown === "delete") return <DeleteBudgetDialog budget={budget} onClose={onClose} onDeleted={onDeleted} />;
  return <RaiseBudgetDialog budget={budget} period={shown} onClose={onClose} />;
}
