"use client";
import { Pencil, TrendingUp } from "lucide-react";
import { Button } from "@/components/ui/button";
import { copyCurl } from "@/components/ui/curl/curl";
import { CurlMenu } from "@/components/ui/curl/curl-menu";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ActionsMenu } from "@/components/ui/menu/actions-menu";
import { MenuItem } from "@/components/ui/menu/menu";
import type { Budget } from "@/contract/budget";
import type { BudgetDialog } from "./budget-dialogs";
import { useBudgetPermissions } from "./use-budget-permissions";

type BudgetActionsProps = { budget: Budget; onShow: (dialog: BudgetDialog) => void };

/** What can be done to a budget: what is done often beside its name, the rest in a menu. */
export function BudgetActions({ budget, onShow }: BudgetActionsProps) {
  const { canChange, canRaise } = useBudgetPermissions(budget.tenantId);
  const { id, current } = budget;
  const path = `/budgets/${encodeURIComponent(id)}`;
  return (
    <>
      {canRaise && current !== null && (
        <Button onClick={() => onShow(current)}>
          <TrendingUp aria-hidden className="size-4" /> Raise…
        </Button>
      )}
      {canChange && (
        <Button onClick={() => onShow("edit")}>
          <Pencil aria-hidden className="size-4" /> Edit…
        </Button>
      )}
      <CurlMenu>
        <MenuItem onSelect={() => void copyCurl({ path })}>Copy budget as curl</MenuItem>
        <MenuItem onSelect={() => void copyCurl({ path: `${path}/periods` })}>Copy periods as curl</MenuItem>
      </CurlMenu>
      {canChange && (
        <ActionsMenu size="icon" label={`Actions on budget ${revealHidden(budget.name)}`}>
          <MenuItem isDanger onSelect={() => onShow("delete")}>
            Delete…
          </MenuItem>
        </ActionsMenu>
      )}
    </>
  );
}
