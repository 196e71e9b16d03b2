"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { parseAsStringLiteral, useQueryState } from "nuqs";
import { ApprovalCard, showApproval } from "@/components/conversation/approval-card";
import { runAddress, sessionAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { approvalPages } from "@/components/trpc/lists";
import { Choices } from "@/components/ui/choices";
import { shortenId } from "@/components/ui/format";
import { LoadMore } from "@/components/ui/load-more";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { Time } from "@/components/ui/time";
import { APPROVAL_STATUSES } from "@/contract/words";

/** What agents ask for, across all sessions. Each is decided once. */
export function ApprovalsView() {
  const trpc = useTRPC();
  const [status, setStatus] = useQueryState("status", parseAsStringLiteral(APPROVAL_STATUSES).withDefault("pending"));
  const query = useInfiniteQuery(approvalPages(trpc, { status }));
  const approvals = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Approvals"
        description="What agents ask a person for. An approval outlives the runner that asked."
      >
        <Choices label="Status" values={APPROVAL_STATUSES} value={status} onChange={(known) => void setStatus(known)} />
      </PageHeader>
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto">
        <QueryView query={query}>
          {() =>
            approvals.length === 0 ? (
              <EmptyState title={status === "pending" ? "Nothing waits for you" : `No approval is ${status}`}>
                {status === "pending" && "Agents ask here for what their sandbox or policy does not allow by itself."}
              </EmptyState>
            ) : (
              <ol className="mx-auto flex max-w-3xl flex-col gap-4 p-4">
                {approvals.map((approval) => (
                  <li key={approval.id} className="flex flex-col gap-1.5">
                    <p className="flex flex-wrap items-center gap-x-2 text-xs text-ink-2">
                      {approval.sessionId !== null && (
                        <Link
                          href={`${sessionAddress(approval.sessionId)}#${approval.id}`}
                          className="text-accent hover:underline"
                        >
                          session {shortenId(approval.sessionId)}
                        </Link>
                      )}
                      <Link href={runAddress(approval.runId)} className="hover:underline">
                        run {shortenId(approval.runId)}
                      </Link>
                      <span>{approval.projectId}</span>
                      <span>policy {String(approval.policy.approval ?? "on-request")}</span>
                      <Time at={approval.createdAt} className="ml-auto text-ink-3" />
                    </p>
                    <ApprovalCard shown={showApproval(approval)} />
                  </li>
                ))}
                {query.hasNextPage && (
                  <li className="text-center">
                    <LoadMore query={query} />
                  </li>
                )}
              </ol>
            )
          }
        </QueryView>
      </div>
    </div>
  );
}
