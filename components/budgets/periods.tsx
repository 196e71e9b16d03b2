"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { BUDGETS_POLL_MS, budgetPeriodPages } from "@/components/trpc/lists";
import { ListFoot } from "@/components/ui/list/list-states";
import { Table } from "@/components/ui/list/table";
import { EmptyState, Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import type { Budget } from "@/contract/budget";
import type { BudgetDialog } from "./budget-dialogs";
import { PeriodsChart } from "./periods-chart";
import { usePeriodColumns } from "./use-period-columns";

type PeriodsProps = { budget: Budget; onShow: (dialog: BudgetDialog) => void };

/** What was spent in each of a budget's periods, or by each of its sessions. */
export function Periods({ budget, onShow }: PeriodsProps) {
  const query = useInfiniteQuery({
    ...budgetPeriodPages(useTRPC(), budget.id),
    refetchInterval: BUDGETS_POLL_MS,
  });
  const rows = query.data?.pages.flatMap(({ items }) => items) ?? [];
  const isOfSessions = budget.period === "session";
  const columns = usePeriodColumns(budget, onShow);
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
                <ListFoot count={rows.length} noun={isOfSessions ? "session" : "period"} query={query} />
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
    return <EmptyState title="No sessions near the limit">Sessions near or over the limit appear here.</EmptyState>;
  return <EmptyState title="No spending yet">Each period appears here.</EmptyState>;
}
