import { toast } from "sonner";
import { toastError } from "@/components/ui/error-toast";
import { showTricks } from "@/components/ui/hidden-text";
import { toastUndo } from "@/components/ui/undo";
import type { Budget, BudgetPeriod } from "@/contract/budget";
import { useRaise } from "./use-raise";
import { amountWords } from "./words";

type Raised = Pick<BudgetPeriod, "sessionId" | "limit">;

/** Takes back what a budget was raised to; that can be undone at once. */
export function useTakeBack({ id: budgetId, name, unit }: Pick<Budget, "id" | "name" | "unit">) {
  const again = useRaise(
    ({ limit }) => toast.success(`Raised to ${amountWords(unit, limit)}: ${showTricks(name)}`),
    toastError,
  );
  const takeBack = useRaise(() => undefined, toastError);
  const of = (sessionId: string | null) => ({ budgetId, ...(sessionId === null ? {} : { sessionId }) });
  return {
    isPending: takeBack.isPending || again.isPending,
    takeBack: ({ sessionId, limit }: Raised) =>
      takeBack.mutate(
        { ...of(sessionId), limit: null },
        {
          onSuccess: (now) =>
            toastUndo(`Limit is ${amountWords(unit, now.limit)}: ${showTricks(name)}`, () =>
              again.mutate({ ...of(sessionId), limit }),
            ),
        },
      ),
  };
}
