import { toast } from "sonner";
import { toastError } from "@/components/ui/error/error-toast";
import { revealHidden } from "@/components/ui/hidden-characters";
import { toastUndo } from "@/components/ui/undo";
import type { Budget, BudgetPeriod } from "@/contract/budget";
import { useRaise } from "./use-raise";
import { amountWords } from "./words";

type Raised = Pick<BudgetPeriod, "sessionId" | "limit">;

/** Takes back what a budget was raised to; that can be undone at once. */
export function useWithdrawRaise({ id: budgetId, name, unit }: Pick<Budget, "id" | "name" | "unit">) {
  const raiseAgain = useRaise(
    ({ limit }) => toast.success(`Raised to ${amountWords(unit, limit)}: ${revealHidden(name)}`),
    toastError,
  );
  const lowerLimit = useRaise(() => undefined, toastError);
  const of = (sessionId: string | null) => ({ budgetId, ...(sessionId === null ? {} : { sessionId }) });
  return {
    isPending: lowerLimit.isPending || raiseAgain.isPending,
    withdrawRaise: ({ sessionId, limit }: Raised) =>
      lowerLimit.mutate(
        { ...of(sessionId), limit: null },
        {
          onSuccess: (now) =>
            toastUndo(`Limit is ${amountWords(unit, now.limit)}: ${revealHidden(name)}`, () =>
              raiseAgain.mutate({ ...of(sessionId), limit }),
            ),
        },
      ),
  };
}
