import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { prefetchPages } from "@/app/(console)/prefetch-pages";
import { ApprovalsView } from "@/components/approvals/approvals-view";
import { approvalPages } from "@/components/trpc/lists";
import { HydrateClient, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Approvals" };

export default async function ApprovalsPage() {
  await requireIdentity();
  await prefetchPages(approvalPages(trpc, { status: "pending" }));
  return (
    <HydrateClient>
      <ApprovalsView />
    </HydrateClient>
  );
}
