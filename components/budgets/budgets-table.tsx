"use client";
import Link from "next/link";
import { budgetAddress } from "@/components/shell/addresses";
import { useIdentity } from "@/components/shell/identity";
import { sentence } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type Column, Table } from "@/components/ui/list/table";
import { Countdown } from "@/components/ui/time/time";
import type { Budget } from "@/contract/budget";
import { ALL_TENANTS } from "@/contract/words";
import { BudgetBar } from "./budget-bar";
import { BudgetMenu } from "./budget-menu";
import { BudgetState } from "./budget-state";
import { amountWords, boundsWords, PERIOD_NAMES, percentWords, sessionsWords, spentWords, tenantWords } from "./words";

/** Budgets by their names: what each bounds, and what is spent of it. */
export function BudgetsTable({ budgets }: { budgets: readonly Budget[] }) {
  const columns = useIdentity().tenantId === null ? COLUMNS_OF_ALL : COLUMNS;
  return (
    <Table
      label="Budgets"
      rows={budgets}
      columns={columns}
      keyOf={({ id }) => id}
      rowClassName={() => "max-sm:pr-14"}
    />
  );
}

const LEADING_COLUMNS: Column<Budget>[] = [
  {
    name: "Name",
    isLead: true,
    className: "max-w-48 2xl:max-w-80 max-sm:max-w-full",
    cell: ({ id, name }) => (
      <Link
        href={budgetAddress(id)}
        prefetch={false}
        title={revealHidden(name)}
        className="block truncate font-medium after:absolute after:inset-0 hover:underline"
      >
        {revealHidden(name)}
      </Link>
    ),
  },
  { name: "State", cell: ({ state, action }) => <BudgetState state={state} action={action} /> },
];
const REST: Column<Budget>[] = [
  {
    name: "Spent",
    isLine: true,
    className: "min-w-48 text-xs 2xl:min-w-64",
    cell: (budget) => <Spent budget={budget} />,
  },
  {
    name: "Period",
    isLine: true,
    className: "text-xs whitespace-nowrap text-ink-2",
    cell: (budget) => <Period budget={budget} />,
  },
  {
    name: "Actions",
    isNameHidden: true,
    className: "sm:w-px sm:text-right max-sm:absolute max-sm:top-1.5 max-sm:right-3",
    cell: (budget) => <BudgetMenu budget={budget} />,
  },
];
const COLUMNS = [...LEADING_COLUMNS, boundsColumn(false), ...REST];
const COLUMNS_OF_ALL = [...LEADING_COLUMNS, boundsColumn(true), ...REST];

/** What counts towards it; to whoever sees all tenants, whose it is too. */
function boundsColumn(hasTenant: boolean): Column<Budget> {
  return {
    name: "Scope",
    isLine: true,
    className: "max-w-48 text-xs 2xl:max-w-80",
    cell: (budget) => (
      <span className="flex min-w-0 flex-col">
        <span className="truncate text-ink-2">
          {/* Above the link, which lies on the whole row. */}
          <span className="relative z-10" title={revealHidden(boundsWords(budget))}>
            {revealHidden(sentence(boundsWords(budget)))}
          </span>
        </span>
        {(hasTenant || budget.tenantId === ALL_TENANTS) && (
          <span className="truncate text-ink-3">{revealHidden(tenantWords(budget.tenantId))}</span>
        )}
      </span>
    ),
  };
}

function Spent({ budget: { name, unit, limit, warnPercent, current, reachedSessions } }: { budget: Budget }) {
  if (current === null)
    return (
      <span className="flex flex-col py-1 max-sm:py-0">
        <span className="text-ink-2">{amountWords(unit, limit)} per session</span>
        <span className={reachedSessions > 0 ? "font-medium text-warn" : "text-ink-3"}>
          {sessionsWords(reachedSessions)}
        </span>
      </span>
    );
  return (
    <span className="flex min-w-0 flex-1 flex-col gap-1 py-1.5 max-sm:py-0">
      <span className="flex justify-between gap-x-2 whitespace-nowrap tabular-nums">
        <span>{spentWords(unit, current)}</span>
        <span className="text-ink-3">{percentWords(current)}</span>
      </span>
      <BudgetBar label={`Spent of ${revealHidden(name)}`} period={current} warnPercent={warnPercent} />
    </span>
  );
}

function Period({ budget: { period, current } }: { budget: Budget }) {
  return (
    <span className="flex flex-col">
      <span>{PERIOD_NAMES[period]}</span>
      {current?.endsAt != null && (
        <span className="text-ink-3">
          resets <Countdown to={current.endsAt} />
        </span>
      )}
      {current?.isRaised && <span className="text-ink-3">raised for this period</span>}
    </span>
  );
}
