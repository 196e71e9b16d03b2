import type { Metadata } from "next";
import { createLoader, type SearchParams } from "nuqs/server";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { ApprovalsView } from "@/components/approvals/approvals-view";
import { APPROVAL_FILTERS, approvalsInput } from "@/components/approvals/filter";
import { approvalPages, newestBulk } from "@/components/trpc/lists";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Approvals" };
const loadFilter = createLoader(APPROVAL_FILTERS);

export default async function ApprovalsPage(props: { searchParams: Promise<SearchParams> }) {
  await requireIdentity();
  const input = approvalsInput(await loadFilter(props.searchParams));
  await Promise.all([prefetchPages(approvalPages(trpc, input)), prefetch(newestBulk(trpc, "approval"))]);
  return (
    <HydrateClient>
      <ApprovalsView />
    </HydrateClient>
  );
}
