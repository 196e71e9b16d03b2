"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import { useQueryStates } from "nuqs";
import { useState } from "react";
import { DocLink } from "@/components/docs/doc-link";
import { useIdentity } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { BUDGETS_POLL_MS, budgetPages } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { CallHint } from "@/components/ui/curl/call-hint";
import { SearchBox } from "@/components/ui/form/search-box";
import { ListFoot, NoMatch } from "@/components/ui/list/list-states";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { BudgetsTable } from "./budgets-table";
import { BUDGET_FILTERS, budgetsInput } from "./filter";

const CreateBudgetDialog = dynamic(() => import("./create-budget").then((module) => module.CreateBudgetDialog), {
  ssr: false,
});

const EXAMPLE = { name: "Monthly", period: "month", unit: "USD", limit: 500, warnPercent: 80, action: "hold" };

/** What may be spent on models: each budget with how much of it is, and when it begins anew. */
export function BudgetsView() {
  const isAdmin = useIdentity().role === "admin";
  const [isCreating, setIsCreating] = useState(false);
  const onCreate = isAdmin ? () => setIsCreating(true) : null;
  const [{ search }, setFilter] = useQueryStates(BUDGET_FILTERS, { history: "replace" });
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Budgets"
        description="Limit what model calls cost per day, week, month or session."
        actions={
          onCreate === null ? undefined : (
            <Button variant="primary" onClick={onCreate}>
              <Plus aria-hidden className="size-4" /> New budget
            </Button>
          )
        }
      >
        <SearchBox
          label="Search budgets"
          placeholder="Search by name"
          value={search}
          onChange={(next) => void setFilter({ search: next })}
        />
      </PageHeader>
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto bg-panel">
        <AllBudgets search={search} onClear={() => void setFilter(null)} onCreate={onCreate} />
      </div>
      {isCreating && <CreateBudgetDialog onClose={() => setIsCreating(false)} />}
    </div>
  );
}

type AllBudgetsProps = { search: string; onClear: () => void; onCreate: (() => void) | null };

function AllBudgets({ search, onClear, onCreate }: AllBudgetsProps) {
  const input = budgetsInput(search);
  const query = useInfiniteQuery({ ...budgetPages(useTRPC(), input), refetchInterval: BUDGETS_POLL_MS });
  const budgets = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <QueryView query={query}>
      {() => {
        if (budgets.length > 0)
          return (
            <>
              <BudgetsTable budgets={budgets} />
              <ListFoot count={budgets.length} noun="budget" query={query} />
            </>
          );
        if (input.search !== undefined) return <NoMatch noun="budget" widening={null} onClear={onClear} />;
        return <NoBudgets onCreate={onCreate} />;
      }}
    </QueryView>
  );
}

function NoBudgets({ onCreate }: Pick<AllBudgetsProps, "onCreate">) {
  return (
    <EmptyState
      title="No budgets yet"
      action={onCreate === null ? undefined : <Button onClick={onCreate}>New budget</Button>}
    >
      <p>
        A budget limits model spending for everything, a project or a profile. It warns near the limit, and at the limit
        it blocks calls or only warns. {onCreate === null && "An administrator can create one. "}
        <DocLink name="budgets">How budgets work</DocLink>
      </p>
      <CallHint label="Or create one with the API" call={{ method: "POST", path: "/budgets", body: EXAMPLE }} />
    </EmptyState>
  );
}
