import { State } from "@/components/ui/state";
import type { BudgetAction, BudgetState as Stands } from "@/contract/words";
import { conditionOf } from "./words";

type BudgetStateProps = {
  state: Stands;
  /** null: of a period that is over. */
  action: BudgetAction | null;
  isBare?: boolean;
};

/** How a budget stands, and what follows where that is not beside it. */
export function BudgetState({ state, action, isBare }: BudgetStateProps) {
  const { why, ...shown } = conditionOf(state, action);
  return <State {...shown} isIconless={isBare} why={isBare ? null : why} />;
}
