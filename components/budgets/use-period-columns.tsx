"use client";
import Link from "next/link";
import { useMemo } from "react";
import { sessionAddress } from "@/components/shell/addresses";
import { operatorName } from "@/components/shell/operator-name";
import { Button } from "@/components/ui/button";
import { shortenId } from "@/components/ui/format";
import type { Column } from "@/components/ui/list/table";
import { Time } from "@/components/ui/time/time";
import type { Budget, BudgetPeriod } from "@/contract/budget";
import { BudgetBar } from "./budget-bar";
import type { BudgetDialog } from "./budget-dialogs";
import { BudgetState } from "./budget-state";
import { useBudgetPermissions } from "./use-budget-permissions";
import { useWithdrawRaise } from "./use-withdraw-raise";
import { missingWords, percentWords, periodName, spentWords } from "./words";

/** The columns of a budget's periods, or of the sessions that each have their own. */
export function usePeriodColumns(
  { id, name, unit, period: kind, action, warnPercent, tenantId, current }: Budget,
  onShow: (dialog: BudgetDialog) => void,
) {
  const { canRaise } = useBudgetPermissions(tenantId);
  const isOfSessions = kind === "session";
  const currentKey = current?.key;
  return useMemo((): Column<BudgetPeriod>[] => {
    const actionsColumn: Column<BudgetPeriod> = {
      name: "Actions",
      isNameHidden: true,
      className: "sm:w-px sm:text-right",
      cell: (period) => <SessionActs budget={{ id, name, unit }} period={period} onShow={onShow} />,
    };
    const notes: Column<BudgetPeriod> = {
      name: "Notes",
      isLine: true,
      className: "max-w-72 text-xs max-sm:max-w-full",
      cell: (period) => <Notes isAlone unit={unit} period={period} />,
    };
    return [
      {
        name: isOfSessions ? "Session" : "Period",
        isLead: true,
        className: "text-xs whitespace-nowrap",
        cell: (period) =>
          period.sessionId === null ? (
            <span className="font-medium">{periodName(kind, period)}</span>
          ) : (
            <span className="flex flex-col py-1 max-sm:py-0">
              <Link
                href={sessionAddress(period.sessionId)}
                prefetch={false}
                title={period.sessionId}
                className="text-accent hover:underline"
              >
                <code>{shortenId(period.sessionId)}</code>
              </Link>
              <Notes unit={unit} period={period} />
            </span>
          ),
      },
      {
        name: "State",
        cell: ({ key, state, sessionId }) => (
          <BudgetState state={state} action={sessionId === null && key !== currentKey ? null : action} />
        ),
      },
      {
        name: "Spent",
        isLine: true,
        className: "min-w-40 text-xs",
        cell: (period) => (
          <span className="flex min-w-0 flex-1 flex-col gap-1 py-1.5 max-sm:py-0">
            <span className="flex justify-between gap-x-2 whitespace-nowrap tabular-nums">
              <span>{spentWords(unit, period)}</span>
              <span className="text-ink-3">{percentWords(period)}</span>
            </span>
            <BudgetBar label={`Spent of ${periodName(kind, period)}`} period={period} warnPercent={warnPercent} />
          </span>
        ),
      },
      ...(isOfSessions ? (canRaise ? [actionsColumn] : []) : [notes]),
    ];
  }, [id, name, unit, kind, action, warnPercent, isOfSessions, canRaise, currentKey, onShow]);
}

/** When it was reached, who raised it, and what is not in it. */
function Notes({ unit, period, isAlone = false }: { unit: string; period: BudgetPeriod; isAlone?: boolean }) {
  const { reachedAt, isRaised, raisedBy } = period;
  const missing = missingWords(unit, period);
  if (reachedAt === null && !isRaised && missing === null)
    return isAlone ? <span className="text-ink-3">none</span> : null;
  return (
    <span className="flex max-w-48 min-w-0 flex-col whitespace-normal text-ink-2 max-sm:max-w-full">
      {reachedAt !== null && (
        <span>
          Reached <Time at={reachedAt} />
        </span>
      )}
      {isRaised && (
        <span className="wrap-anywhere">Raised{raisedBy === null ? "" : ` by ${operatorName(raisedBy)}`}</span>
      )}
      {missing !== null && <span className="text-ink-3">{missing}</span>}
    </span>
  );
}

type SessionActsProps = {
  budget: Pick<Budget, "id" | "name" | "unit">;
  period: BudgetPeriod;
  onShow: (dialog: BudgetDialog) => void;
};

function SessionActs({ budget, period, onShow }: SessionActsProps) {
  const { isPending, withdrawRaise } = useWithdrawRaise(budget);
  const of = shortenId(period.key);
  return (
    <span className="flex flex-wrap gap-1 py-1.5 sm:justify-end max-sm:py-0">
      {period.isRaised && (
        <Button
          size="sm"
          disabled={isPending}
          aria-label={`Undo raise for ${of}`}
          onClick={() => withdrawRaise(period)}
        >
          Undo raise
        </Button>
      )}
      <Button size="sm" aria-label={`Raise for ${of}…`} onClick={() => onShow(period)}>
        Raise…
      </Button>
    </span>
  );
}
