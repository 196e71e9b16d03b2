"use client";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { budgetAddress } from "@/components/shell/addresses";
import { ActsMenu } from "@/components/ui/acts-menu";
import { copyText } from "@/components/ui/copy";
import { copyCurl } from "@/components/ui/curl";
import { showTricks } from "@/components/ui/hidden-text";
import { MenuItem, MenuSeparator } from "@/components/ui/menu";
import type { Budget } from "@/contract/budget";
import { type BudgetDialog, BudgetDialogs } from "./budget-dialogs";
import { useMay } from "./use-may";
import { useTakeBack } from "./use-take-back";

/** What can be done to a budget of the list, behind one button. */
export function BudgetMenu({ budget }: { budget: Budget }) {
  const router = useRouter();
  const { mayChange, mayRaise } = useMay(budget.tenantId);
  const { isPending, takeBack } = useTakeBack(budget);
  const [shown, setShown] = useState<BudgetDialog | null>(null);
  const { id, current } = budget;
  const open = () => router.push(budgetAddress(id));
  return (
    <>
      <ActsMenu label={`Actions on budget ${showTricks(budget.name)}`}>
        <MenuItem onSelect={open}>Open</MenuItem>
        <MenuItem onSelect={() => void copyText(id)}>Copy ID</MenuItem>
        <MenuItem onSelect={() => void copyCurl({ path: `/budgets/${encodeURIComponent(id)}` })}>Copy as curl</MenuItem>
        {(mayRaise || mayChange) && <MenuSeparator />}
        {mayRaise && current !== null && <MenuItem onSelect={() => setShown(current)}>Raise…</MenuItem>}
        {mayRaise && current?.isRaised && (
          <MenuItem isDisabled={isPending} onSelect={() => takeBack(current)}>
            Undo raise
          </MenuItem>
        )}
        {/* Its page has the sessions to choose from. */}
        {mayRaise && current === null && <MenuItem onSelect={open}>Raise for a session…</MenuItem>}
        {mayChange && (
          <>
            <MenuItem onSelect={() => setShown("edit")}>Edit…</MenuItem>
            <MenuItem isDanger onSelect={() => setShown("delete")}>
              Delete…
            </MenuItem>
          </>
        )}
      </ActsMenu>
      <BudgetDialogs budget={budget} shown={shown} onClose={() => setShown(null)} />
    </>
  );
}
