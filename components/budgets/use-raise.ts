import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import type { BudgetPeriod } from "@/contract/budget";

/** Sets what may be spent in a period that is under way. What it lets go on is asked for anew. */
export function useRaise(onDone: (now: BudgetPeriod) => void, onError?: (error: unknown) => void) {
  const trpc = useTRPC();
  const client = useQueryClient();
  return useMutation(
    trpc.budgets.raise.mutationOptions({
      onSuccess: (now) => {
        for (const queryKey of [trpc.budgets.pathKey(), trpc.queue.pathKey(), trpc.overview.pathKey()])
          void client.invalidateQueries({ queryKey });
        onDone(now);
      },
      ...(onError === undefined ? {} : { onError }),
    }),
  );
}
