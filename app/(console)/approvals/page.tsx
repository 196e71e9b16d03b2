import type { Metadata } from "next";
import { requireIdentity } from "@/app/(console)/identity";
import { ApprovalsView } from "@/components/approvals/approvals-view";
import { HydrateClient, prefetch, trpc } from "@/server/trpc/rsc";

export const metadata: Metadata = { title: "Approvals" };

export default async function ApprovalsPage() {
  await requireIdentity();
  await prefetch(
    trpc.approvals.list.infiniteQueryOptions(
      { status: "pending", limit: 50 },
      { getNextPageParam: (page) => page.cursor ?? undefined },
    ),
  );
  return (
    <HydrateClient>
      <ApprovalsView />
    </HydrateClient>
  );
}
