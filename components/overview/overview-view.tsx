"use client";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { createContext, type ReactNode, use } from "react";
import { useFreshRows } from "@/components/live/fresh-rows";
import { useFrames } from "@/components/live/provider";
import { useThrottledRefetch } from "@/components/live/throttled";
import { SessionsTable } from "@/components/sessions/sessions-table";
import { useSilenceChecks } from "@/components/sessions/use-silence-checks";
import { useCanOperate, useReader } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { buttonStyle } from "@/components/ui/button";
import { NewPill } from "@/components/ui/list/new-pill";
import { EmptyState, PageHeader, Panel, TableSkeleton } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import type { SessionSummary } from "@/contract/session";
import { BackendsStrip } from "./backends-strip";
import { isCalm } from "./calm";
import { FirstSteps } from "./first-steps";
import { More } from "./more";
import { Needs } from "./needs";
import { OVERVIEW_QUERIES, overviewOf } from "./queries";
import { Tiles } from "./tiles";

/** How many requests wait, for what stands in their place while their part of the page is loaded. */
const ComingCount = createContext(0);
const OpenApprovals = dynamic(() => import("./open-approvals").then((module) => module.OpenApprovals), {
  ssr: false,
  loading: () => <ApprovalsComing count={use(ComingCount)} />,
});
const Pictures = dynamic(() => import("./overview-charts").then((module) => module.OverviewCharts), { ssr: false });
const OperatorFeed = dynamic(() => import("./operator-feed").then((module) => module.OperatorFeed), { ssr: false });

const NO_SESSIONS: SessionSummary[] = [];
/** Figures may lag behind what is told of by so much. */
const REFETCH_WAIT_MS = 800;

/** The figures, then what needs a person, the sessions that are active or unread, and the charts of the last day. */
export function OverviewView() {
  const trpc = useTRPC();
  const readerId = useReader();
  const canOperate = useCanOperate();
  const inputs = OVERVIEW_QUERIES(readerId);
  const overview = useQuery(overviewOf(trpc, readerId));
  const approvals = useQuery(trpc.approvals.list.queryOptions(inputs.approvals));
  const running = useQuery(trpc.sessions.list.queryOptions(inputs.running));
  const unread = useQuery(trpc.sessions.list.queryOptions(inputs.unread));
  const any = useQuery(trpc.sessions.list.queryOptions(inputs.any));
  const refetchOverview = useThrottledRefetch(REFETCH_WAIT_MS, trpc.overview.pathKey());
  // A session that begins or ends is patched where it stands: which ones stand here is for the server to say.
  const refetchRunning = useThrottledRefetch(REFETCH_WAIT_MS, trpc.sessions.list.queryKey(inputs.running));
  const refetchUnread = useThrottledRefetch(REFETCH_WAIT_MS, trpc.sessions.list.queryKey(inputs.unread));
  const refetchAny = useThrottledRefetch(REFETCH_WAIT_MS, trpc.sessions.list.queryKey(inputs.any));
  useFrames("session", ({ kind }) => {
    refetchOverview();
    refetchRunning();
    refetchUnread();
    // Whether there is any changes with the first one, and as one goes.
    if (kind === "deleted" || any.data?.items.length === 0) refetchAny();
  });
  useFrames("run", refetchOverview);
  useFrames("approval", refetchOverview);
  const atWork = useSilenceChecks(running.data?.items ?? NO_SESSIONS);
  const unseen = useSilenceChecks(unread.data?.items ?? NO_SESSIONS);
  const approvalNews = useFreshRows(approvals.data?.items, "");
  const seenApprovals = approvals.data?.items.filter((approval) => !approvalNews.freshRows.includes(approval)) ?? [];
  const isNew = any.data?.items.length === 0 && overview.data?.queue.waiting === 0;

  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Overview"
        description="What needs you, and how everything is doing."
        actions={
          canOperate && (
            <Link href="/sessions?new=true" className={buttonStyle({ variant: "primary" })}>
              <Plus aria-hidden className="size-4" /> New session
            </Link>
          )
        }
      />
      <NewPill count={approvalNews.freshRows.length} noun="new request" onShow={approvalNews.markSeen} />
      <div className="scroll-thin flex min-h-0 flex-1 flex-col gap-4 overflow-y-auto p-4 lg:p-6">
        <QueryView query={overview} skeleton={<TableSkeleton />}>
          {(data) => (
            <>
              {isNew && <FirstSteps />}
              <Tiles overview={data} />
              {approvals.isPending && data.approvals > 0 && <ApprovalsComing count={data.approvals} />}
              {seenApprovals.length > 0 && (
                <ComingCount value={Math.max(data.approvals, seenApprovals.length)}>
                  <OpenApprovals approvals={seenApprovals} total={data.approvals} />
                </ComingCount>
              )}
              <Needs needs={data.needs} counts={data.needCounts} readAt={data.generatedAt} />
              {!isNew && isCalm(data, unread.data?.items.length) && (
                <EmptyState title="Nothing needs you">
                  No approvals are waiting, nothing is running, and you have seen every failure.
                </EmptyState>
              )}
            </>
          )}
        </QueryView>
        <BackendsStrip />
        <ListSection title="Active sessions" href="/sessions?state=running" count={running.data?.items.length}>
          <SessionsTable sessions={atWork} />
        </ListSection>
        <ListSection title="Unread" href="/sessions?state=unread" count={unread.data?.items.length}>
          <SessionsTable sessions={unseen} />
        </ListSection>
        <OperatorFeed />
        {!isNew && <Pictures />}
      </div>
    </div>
  );
}

const APPROVALS_COMING_MAX = 5;

/** The room of requests that are known to wait and have not come yet: what stands below stays where it is. */
function ApprovalsComing({ count }: { count: number }) {
  return (
    <Panel title={`Waiting for approval (${count})`} className="shrink-0 border-warn/50">
      <div style={{ height: `${9.25 * Math.min(count, APPROVALS_COMING_MAX)}rem` }} />
    </Panel>
  );
}

type ListSectionProps = { title: string; href: string; count: number | undefined; children: ReactNode };

function ListSection({ title, href, count, children }: ListSectionProps) {
  if (count === undefined || count === 0) return null;
  return (
    <Panel title={title} actions={<More href={href} />} className="shrink-0 overflow-hidden">
      {children}
    </Panel>
  );
}
