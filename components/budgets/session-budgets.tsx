"use client";
import { useQuery } from "@tanstack/react-query";
import { OctagonPause } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { budgetAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { budgetsOfSession } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Countdown } from "@/components/ui/time/time";
import type { BudgetsOfSession } from "@/contract/budget";
import { RaiseBudgetDialog } from "./budget-dialogs";
import { percentWords, spentWords } from "./words";

type SessionBudget = BudgetsOfSession["items"][number];

/**
 * What of the budgets that a session's calls count towards its reader should know: that one holds them, or soon does.
 * Where that cannot be asked for the page goes without.
 */
export function SessionBudgets({ sessionId }: { sessionId: string }) {
  const items = useQuery(budgetsOfSession(useTRPC(), sessionId)).data?.items ?? [];
  const exceeded = items.filter(({ action, current }) => action === "hold" && current.state !== "within");
  const [first] = exceeded.filter(({ current }) => current.state === "reached");
  if (first !== undefined) return <Reached budget={first} />;
  const [nearest] = exceeded;
  return nearest === undefined ? null : <NearestBudget budget={nearest} />;
}

function Reached({ budget }: { budget: SessionBudget }) {
  const canOperate = useCanOperate();
  const [isRaising, setIsRaising] = useState(false);
  const { current } = budget;
  return (
    <div
      role="status"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 bg-warn-soft px-4 py-1.5 text-xs text-warn lg:px-6"
    >
      <p className="flex min-w-0 flex-1 basis-64 items-start gap-2">
        <OctagonPause aria-hidden className="mt-px size-4 shrink-0" />
        <span className="min-w-0 wrap-anywhere">
          <b className="font-semibold">
            Budget <Name budget={budget} /> is reached
          </b>
          : {spentWords(budget.unit, current)}. Model calls are blocked until someone raises it
          {current.endsAt !== null && (
            <>
              or its period ends <Countdown to={current.endsAt} />
            </>
          )}
          .
        </span>
      </p>
      {canOperate && (
        <Button size="sm" onClick={() => setIsRaising(true)}>
          Raise…
        </Button>
      )}
      {isRaising && <RaiseBudgetDialog budget={budget} period={current} onClose={() => setIsRaising(false)} />}
    </div>
  );
}

function NearestBudget({ budget }: { budget: SessionBudget }) {
  return (
    <p className="bg-panel px-4 pb-1 text-xs wrap-anywhere text-ink-2 lg:px-6">
      Budget <Name budget={budget} /> is near its limit: {spentWords(budget.unit, budget.current)} (
      {percentWords(budget.current)}).
    </p>
  );
}

function Name({ budget: { id, name } }: { budget: SessionBudget }) {
  return (
    <Link href={budgetAddress(id)} prefetch={false} className="underline">
      {revealHidden(name)}
    </Link>
  );
}
