"use client";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { budgetAddress } from "@/components/shell/addresses";
import { copyText } from "@/components/ui/copy";
import { copyCurl } from "@/components/ui/curl/curl";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ActionsMenu } from "@/components/ui/menu/actions-menu";
import { MenuItem, MenuSeparator } from "@/components/ui/menu/menu";
import type { Budget } from "@/contract/budget";
import { type BudgetDialog, BudgetDialogs } from "./budget-dialogs";
import { useBudgetPermissions } from "./use-budget-permissions";
import { useWithdrawRaise } from "./use-withdraw-raise";

/** What can be done to a budget of the list, behind one button. */
export function BudgetMenu({ budget }: { budget: Budget }) {
  const router = useRouter();
  const { canChange, canRaise } = useBudgetPermissions(budget.tenantId);
  const { isPending, withdrawRaise } = useWithdrawRaise(budget);
  const [shown, setShown] = useState<BudgetDialog | null>(null);
  const { id, current } = budget;
  const open = () => router.push(budgetAddress(id));
  return (
    <>
      <ActionsMenu label={`Actions on budget ${revealHidden(budget.name)}`}>
        <MenuItem onSelect={open}>Open</MenuItem>
        <MenuItem onSelect={() => void copyText(id)}>Copy ID</MenuItem>
        <MenuItem onSelect={() => void copyCurl({ path: `/budgets/${encodeURIComponent(id)}` })}>Copy as curl</MenuItem>
        {(canRaise || canChange) && <MenuSeparator />}
        {canRaise && current !== null && <MenuItem onSelect={() => setShown(current)}>Raise…</MenuItem>}
        {canRaise && current?.isRaised && (
          <MenuItem isDisabled={isPending} onSelect={() => withdrawRaise(current)}>
            Undo raise
          </MenuItem>
        )}
        {/* Its page has the sessions to choose from. */}
        {canRaise && current === null && <MenuItem onSelect={open}>Raise for a session…</MenuItem>}
        {canChange && (
          <>
            <MenuItem onSelect={() => setShown("edit")}>Edit…</MenuItem>
            <MenuItem isDanger onSelect={() => setShown("delete")}>
              Delete…
            </MenuItem>
          </>
        )}
      </ActionsMenu>
      <BudgetDialogs budget={budget} shown={shown} onClose={() => setShown(null)} />
    </>
  );
}
