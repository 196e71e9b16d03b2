import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { BudgetsView } from "@/components/budgets/budgets-view";
import { BUDGET_FILTERS, budgetsInput } from "@/components/budgets/filter";
import { budgetPages } from "@/components/trpc/lists";
import { HydrateClient, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Budgets" };
const loadFilter = createLoader(BUDGET_FILTERS);

export default async function BudgetsPage(props: { searchParams: Promise<SearchParams> }) {
  await requireIdentity();
  const { search } = await loadFilter(props.searchParams);
  await prefetchPages(budgetPages(trpc, budgetsInput(search)));
  return (
    <HydrateClient>
      <BudgetsView />
    </HydrateClient>
  );
}
