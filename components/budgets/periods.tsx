"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useMemo } from "react";
import { sessionAddress } from "@/components/shell/addresses";
import { operatorName } from "@/components/shell/operator-name";
import { useTRPC } from "@/components/trpc/client";
import { BUDGETS_POLL_MS, budgetPeriodPages } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { shortenId } from "@/components/ui/format";
import { ListFoot } from "@/components/ui/list-states";
import { EmptyState, Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { type Column, Table } from "@/components/ui/table";
import { Time } from "@/components/ui/time";
import type { Budget, BudgetPeriod } from "@/contract/budget";
import { BudgetBar } from "./budget-bar";
import type { BudgetDialog } from "./budget-dialogs";
import { BudgetState } from "./budget-state";
import { PeriodsChart } from "./periods-chart";
import { useMay } from "./use-may";
import { useTakeBack } from "./use-take-back";
import { partWords, percentOf, periodName, spentWords } from "./words";

type PeriodsProps = { budget: Budget; onShow: (dialog: BudgetDialog) => void };

/** What was spent in each of a budget's periods, or by each of its sessions. */
export function Periods({ budget, onShow }: PeriodsProps) {
  const query = useInfiniteQuery({
    ...budgetPeriodPages(useTRPC(), budget.id),
    refetchInterval: BUDGETS_POLL_MS,
  });
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const isOfSessions = budget.period === "session";
  const columns = useColumns(budget, onShow);
  const title = isOfSessions ? "Sessions" : "Periods";
  return (
    <>
      {!isOfSessions && rows.length > 1 && <PeriodsChart budget={budget} periods={rows} />}
      <Panel title={title}>
        <QueryView query={query}>
          {() =>
            rows.length === 0 ? (
              <NoPeriods isOfSessions={isOfSessions} />
            ) : (
              <>
                <Table label={title} rows={rows} columns={columns} keyOf={({ key }) => key} />
                <ListFoot count={rows.length} one={isOfSessions ? "session" : "period"} query={query} />
              </>
            )
          }
        </QueryView>
      </Panel>
    </>
  );
}

function NoPeriods({ isOfSessions }: { isOfSessions: boolean }) {
  if (isOfSessions)
    return <EmptyState title="No session has spent anything">Those that do are listed here.</EmptyState>;
  return <EmptyState title="Nothing was spent yet">What each period came to is listed here.</EmptyState>;
}

function useColumns(
  { id, name, unit, period: kind, action, warnPercent, tenantId }: Budget,
  onShow: PeriodsProps["onShow"],
) {
  const { mayRaise } = useMay(tenantId);
  const isOfSessions = kind === "session";
  return useMemo((): Column<BudgetPeriod>[] => {
    const acts: Column<BudgetPeriod> = {
      name: "Actions",
      className: "sm:w-px sm:text-right",
      cell: (period) => <SessionActs budget={{ id, name, unit }} period={period} onShow={onShow} />,
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
            <Link
              href={sessionAddress(period.sessionId)}
              prefetch={false}
              title={period.sessionId}
              className="text-accent hover:underline"
            >
              <code>{shortenId(period.sessionId)}</code>
            </Link>
          ),
      },
      { name: "State", cell: ({ state }) => <BudgetState state={state} action={action} /> },
      {
        name: "Spent",
        isLine: true,
        className: "min-w-44 text-xs",
        cell: (period) => (
          <span className="flex min-w-0 flex-1 flex-col gap-1 py-1.5 max-sm:py-0">
            <span className="flex justify-between gap-x-2 whitespace-nowrap tabular-nums">
              <span>{spentWords(unit, period)}</span>
              <span className="text-ink-3">{percentOf(period)} %</span>
            </span>
            <BudgetBar label={`Spent of ${periodName(kind, period)}`} period={period} warnPercent={warnPercent} />
          </span>
        ),
      },
      {
        name: "Notes",
        isLine: true,
        className: "text-xs max-w-72 max-sm:max-w-full",
        cell: (period) => <Notes period={period} />,
      },
      ...(isOfSessions && mayRaise ? [acts] : []),
    ];
  }, [id, name, unit, kind, action, warnPercent, isOfSessions, mayRaise, onShow]);
}

/** When it was reached, who raised it, and what is not in it. */
function Notes({ period }: { period: BudgetPeriod }) {
  const { reachedAt, isRaised, raisedBy } = period;
  const part = partWords(period);
  if (reachedAt === null && !isRaised && part === null) return <span className="text-ink-3">none</span>;
  return (
    <span className="flex min-w-0 flex-col py-1 text-ink-2 max-sm:py-0">
      {reachedAt !== null && (
        <span>
          reached <Time at={reachedAt} />
        </span>
      )}
      {isRaised && (
        <span className="wrap-anywhere">raised{raisedBy === null ? "" : ` by ${operatorName(raisedBy)}`}</span>
      )}
      {part !== null && <span className="text-ink-3">{part}</span>}
    </span>
  );
}

type SessionActsProps = {
  budget: Pick<Budget, "id" | "name" | "unit">;
  period: BudgetPeriod;
  onShow: (dialog: BudgetDialog) => void;
};

function SessionActs({ budget, period, onShow }: SessionActsProps) {
  const { isPending, takeBack } = useTakeBack(budget);
  const of = shortenId(period.key);
  return (
    <span className="flex justify-end gap-2">
      {period.isRaised && (
        <Button size="sm" disabled={isPending} aria-label={`Take back for ${of}`} onClick={() => takeBack(period)}>
          Take back
        </Button>
      )}
      <Button size="sm" aria-label={`Raise for ${of}…`} onClick={() => onShow(period)}>
        Raise…
      </Button>
    </span>
  );
}
