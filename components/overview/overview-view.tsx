"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { ApprovalCard, showApproval } from "@/components/conversation/approval-card";
import { RunsTable } from "@/components/runs/runs-table";
import { SessionsTable } from "@/components/sessions/sessions-table";
import { sessionAddress } from "@/components/shell/addresses";
import { useReader } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { buttonStyle } from "@/components/ui/button";
import { shortenId } from "@/components/ui/format";
import { EmptyState, PageHeader, Panel, TableSkeleton } from "@/components/ui/page";
import { Time } from "@/components/ui/time";
import { OVERVIEW_QUERIES } from "./queries";

/** What needs a person first: approvals that wait, what failed unread, what is at work. */
export function OverviewView() {
  const trpc = useTRPC();
  const readerId = useReader();
  const inputs = OVERVIEW_QUERIES(readerId);
  const approvals = useQuery(trpc.approvals.list.queryOptions(inputs.approvals));
  const running = useQuery(trpc.sessions.list.queryOptions(inputs.running));
  const unread = useQuery(trpc.sessions.list.queryOptions(inputs.unread));
  const failed = useQuery(trpc.runs.list.queryOptions(inputs.failed));
  const waiting = approvals.data?.items ?? [];
  const isLoading = [approvals, running, unread, failed].some((query) => query.isPending);
  const isEmpty =
    !isLoading && [approvals, running, unread, failed].every((query) => (query.data?.items.length ?? 0) === 0);

  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Overview"
        description="What needs you first."
        actions={
          <Link href="/sessions?new=true" className={buttonStyle({ look: "primary" })}>
            <Plus aria-hidden className="size-4" /> New session
          </Link>
        }
      />
      <div className="scroll-thin flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto p-4 lg:p-6">
        {isLoading && <TableSkeleton />}
        {isEmpty && (
          <EmptyState
            title="Nothing needs you"
            action={
              <Link href="/sessions" className={buttonStyle()}>
                All sessions
              </Link>
            }
          >
            No approval waits, nothing runs, nothing failed that you have not seen.
          </EmptyState>
        )}
        {waiting.length > 0 && (
          <Panel title={`Approvals that wait for you (${waiting.length})`} actions={<More href="/approvals" />}>
            <ul className="flex flex-col gap-3 p-3">
              {waiting.map((approval) => (
                <li key={approval.id}>
                  <p className="mb-1 flex gap-2 text-xs text-ink-2">
                    {approval.sessionId !== null && (
                      <Link href={sessionAddress(approval.sessionId)} className="text-accent hover:underline">
                        session {shortenId(approval.sessionId)}
                      </Link>
                    )}
                    <Time at={approval.createdAt} className="ml-auto text-ink-3" />
                  </p>
                  <ApprovalCard shown={showApproval(approval)} />
                </li>
              ))}
            </ul>
          </Panel>
        )}
        <Listed title="At work" href="/sessions?state=running" count={running.data?.items.length}>
          <SessionsTable sessions={running.data?.items ?? []} />
        </Listed>
        <Listed title="Unread" href="/sessions?state=unread" count={unread.data?.items.length}>
          <SessionsTable sessions={unread.data?.items ?? []} />
        </Listed>
        <Listed title="Failed runs" href="/runs?status=failed" count={failed.data?.items.length}>
          <RunsTable runs={failed.data?.items ?? []} />
        </Listed>
      </div>
    </div>
  );
}

function Listed({
  title,
  href,
  count,
  children,
}: {
  title: string;
  href: string;
  count: number | undefined;
  children: ReactNode;
}) {
  if (count === undefined || count === 0) return null;
  return (
    <Panel title={title} actions={<More href={href} />} className="shrink-0 overflow-hidden">
      {children}
    </Panel>
  );
}

function More({ href }: { href: string }) {
  return (
    <Link href={href} className="text-xs text-accent hover:underline">
      Show all
    </Link>
  );
}
