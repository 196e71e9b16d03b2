"use client";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { BUDGETS_ADDRESS } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { budgetNow } from "@/components/trpc/lists";
import { BackTo } from "@/components/ui/back-to";
import { revealHidden } from "@/components/ui/hidden-characters";
import { PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { RecordBody } from "@/components/ui/record-body";
import type { Budget } from "@/contract/budget";
import { BudgetActions } from "./budget-actions";
import { BudgetBanner } from "./budget-banner";
import { type BudgetDialog, BudgetDialogs } from "./budget-dialogs";
import { BudgetFacts } from "./budget-facts";
import { BudgetState } from "./budget-state";
import { CurrentPeriod } from "./current-period";
import { Periods } from "./periods";
import { amountWords, boundsWords, PERIOD_WORDS } from "./words";

/** A budget's page: what is spent of it now and was before, and what can be done about it. */
export function BudgetView({ budgetId }: { budgetId: string }) {
  const budget = useQuery(budgetNow(useTRPC(), budgetId));
  return (
    <QueryView query={budget} heading="Budget">
      {(data) => <LoadedBudget budget={data} />}
    </QueryView>
  );
}

function LoadedBudget({ budget }: { budget: Budget }) {
  const [shown, setShown] = useState<BudgetDialog | null>(null);
  const router = useRouter();
  const { name, unit, limit, period, state, action } = budget;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title={
          <span className="flex min-w-0 items-center gap-1.5">
            <BackTo href={BUDGETS_ADDRESS} name="All budgets" />
            <span className="min-w-0 wrap-anywhere">{revealHidden(name)}</span>
          </span>
        }
        description={
          <span className="flex flex-wrap items-center gap-x-2">
            <BudgetState isBare state={state} action={action} />
            <span className="min-w-0 wrap-anywhere">
              {amountWords(unit, limit)} {PERIOD_WORDS[period]}, {revealHidden(boundsWords(budget))}
            </span>
          </span>
        }
        actions={<BudgetActions budget={budget} onShow={setShown} />}
      />
      <RecordBody facts={<BudgetFacts budget={budget} />}>
        <BudgetBanner budget={budget} onShow={setShown} />
        {budget.current !== null && <CurrentPeriod budget={budget} period={budget.current} />}
        <Periods budget={budget} onShow={setShown} />
      </RecordBody>
      <BudgetDialogs
        budget={budget}
        shown={shown}
        onClose={() => setShown(null)}
        onDeleted={() => router.push(BUDGETS_ADDRESS)}
      />
    </div>
  );
}
