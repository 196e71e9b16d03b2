import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { BudgetView } from "@/components/budgets/budget-view";
import { budgetNow, budgetPeriodPages } from "@/components/trpc/lists";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Budget" };

export default async function BudgetPage(props: { params: Promise<{ budgetId: string }> }) {
  await requireIdentity();
  const budgetId = decodeURIComponent((await props.params).budgetId);
  await Promise.all([prefetch(budgetNow(trpc, budgetId)), prefetchPages(budgetPeriodPages(trpc, budgetId))]);
  return (
    <HydrateClient>
      <BudgetView key={budgetId} budgetId={budgetId} />
    </HydrateClient>
  );
}
