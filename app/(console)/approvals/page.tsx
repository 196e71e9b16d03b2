import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { ApprovalsView } from "@/components/approvals/approvals-view";
import { approvalPages, newestBulk } from "@/components/trpc/lists";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Approvals" };

export default async function ApprovalsPage() {
  await requireIdentity();
  await Promise.all([
    prefetchPages(approvalPages(trpc, { status: "pending" })),
    prefetch(newestBulk(trpc, "approval")),
  ]);
  return (
    <HydrateClient>
      <ApprovalsView />
    </HydrateClient>
  );
}
