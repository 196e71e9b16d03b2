import { useInfiniteQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { approvalPages } from "@/components/trpc/lists";
import type { Run } from "@/contract/run";

/** How many approvals a run's agent waits for; 0 while that is not known. */
export function usePendingApprovals({ id, status }: Pick<Run, "id" | "status">): number {
  const trpc = useTRPC();
  const isClaimed = status === "claimed";
  const approvals = useInfiniteQuery({
    ...approvalPages(trpc, { runId: id, status: "pending" }),
    enabled: isClaimed,
  });
  return isClaimed ? (approvals.data?.pages.reduce((sum, page) => sum + page.items.length, 0) ?? 0) : 0;
}
