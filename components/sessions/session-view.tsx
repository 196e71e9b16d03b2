"use client";
import dynamic from "next/dynamic";
import type { ReactNode } from "react";
import { Composer } from "@/components/conversation/composer";
import { Conversation } from "@/components/conversation/conversation";
import { RunsTable } from "@/components/runs/runs-table";
import { sessionAddress } from "@/components/shell/addresses";
import { RunLogsProvider, useFollow } from "@/components/trace/session-logs";
import { EmptyState, TableSkeleton } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { RecordGone } from "@/components/ui/record-missing";
import { TabLinks } from "@/components/ui/tabs";
import type { Run } from "@/contract/run";
import { isOpen } from "@/contract/send-turn";
import type { SessionSummary } from "@/contract/session";
import { SessionFacts } from "./session-facts";
import { SessionHeader } from "./session-header";
import { StorageTab } from "./storage-tab";
import { SESSION_TABS, type SessionTab } from "./tabs";
import { pickFollowed, useIsDeleted, useSession, useSessionRuns } from "./use-session";

const TraceView = dynamic(() => import("@/components/trace/trace-view").then((module) => module.TraceView), {
  loading: () => <TableSkeleton />,
});
const TimelineView = dynamic(
  () => import("@/components/timeline/timeline-view").then((module) => module.TimelineView),
  {
    loading: () => <TableSkeleton />,
  },
);
const ChangesView = dynamic(() => import("@/components/changes/changes-view").then((module) => module.ChangesView), {
  loading: () => <TableSkeleton />,
});
const FilesView = dynamic(() => import("@/components/files/files-view").then((module) => module.FilesView), {
  loading: () => <TableSkeleton />,
});

// Few sessions have come near a budget: no page waits for what tells of it.
const SessionBudgets = dynamic(
  () => import("@/components/budgets/session-budgets").then((module) => module.SessionBudgets),
  { ssr: false },
);
const SessionAudit = dynamic(() => import("./session-audit").then((module) => module.SessionAudit), {
  loading: () => <TableSkeleton />,
});

const TAB_NAMES: Record<SessionTab, string> = {
  conversation: "Conversation",
  trace: "Trace",
  timeline: "Timeline",
  changes: "Changes",
  files: "Files",
  runs: "Runs",
  storage: "Storage",
  audit: "Audit",
};

/** A session's page: its header, its tabs, and one stream that follows the run at work. */
export function SessionView({ sessionId, tab }: { sessionId: string; tab: SessionTab }) {
  const session = useSession(sessionId);
  const isDeleted = useIsDeleted(sessionId, session.error);
  return (
    <RunLogsProvider>
      <QueryView query={session} heading="Session">
        {(data) => (
          <div className="flex h-full min-h-0 flex-col">
            {isDeleted && session.error === null && <RecordGone name="Session" />}
            <LoadedSession session={data} tab={tab} isDeleted={isDeleted} />
          </div>
        )}
      </QueryView>
    </RunLogsProvider>
  );
}

type LoadedSessionProps = { session: SessionSummary; tab: SessionTab; isDeleted: boolean };

function LoadedSession({ session, tab, isDeleted }: LoadedSessionProps) {
  const { query, runs } = useSessionRuns(session.sessionId);
  const followed = pickFollowed(runs);
  useFollow(followed?.id ?? null);
  const openRun =
    followed !== null && (followed.status === "pending" || followed.status === "claimed") ? followed : null;
  const lastRun: Run | null = runs[0] ?? null;
  const base = sessionAddress(session.sessionId);
  const eventHref = ({ runId, seq }: { runId: string; seq: number }) =>
    `${base}?tab=trace&run=${encodeURIComponent(runId)}#e${seq}`;
  const tabs = SESSION_TABS.map((key) => ({
    key,
    name: TAB_NAMES[key],
    href: key === "conversation" ? base : `${base}?tab=${key}`,
    badge: key === "runs" && runs.length > 0 ? <Count count={runs.length} isMore={query.hasNextPage} /> : undefined,
  }));

  return (
    <div className="flex h-full min-h-0 flex-col">
      <SessionHeader session={session} openRun={openRun} />
      {!isDeleted && <SessionBudgets sessionId={session.sessionId} />}
      <TabLinks label="Session" tabs={tabs} current={tab} />
      <div className="flex min-h-0 flex-1">
        <div className="flex min-h-0 min-w-0 flex-1 flex-col">
          {tab === "conversation" && (
            <Conversation
              runs={runs}
              hasMoreRuns={query.hasNextPage}
              loadMoreRuns={() => void query.fetchNextPage()}
              isLoading={query.isPending}
            >
              <Composer
                session={session}
                openRun={openRun !== null && (isOpen(openRun) || openRun.status === "claimed") ? openRun : null}
                lastRun={lastRun}
                isDeleted={isDeleted}
              />
            </Conversation>
          )}
          {tab === "trace" && <TraceView runs={runs} followedId={followed?.id ?? null} />}
          {tab === "timeline" && <TimelineView runs={runs} followedId={followed?.id ?? null} eventHref={eventHref} />}
          {tab === "changes" && (
            <ChangesView
              runs={runs}
              followedId={followed?.id ?? null}
              patchOf={{ sessionId: session.sessionId }}
              eventHref={eventHref}
            />
          )}
          {tab === "files" && <FilesView session={session} lastRun={lastRun} />}
          {tab === "runs" && (
            <Scroller>
              {runs.length === 0 && !query.isPending ? (
                <EmptyState title="No runs yet">Send a message to start one.</EmptyState>
              ) : (
                <RunsTable runs={runs} isInSession />
              )}
            </Scroller>
          )}
          {tab === "storage" && (
            <Scroller>
              <StorageTab session={session} />
            </Scroller>
          )}
          {tab === "audit" && (
            <Scroller>
              <SessionAudit sessionId={session.sessionId} />
            </Scroller>
          )}
        </div>
        {tab === "conversation" && <SessionFacts session={session} run={followed} />}
      </div>
    </div>
  );
}

function Scroller({ children }: { children: ReactNode }) {
  return <div className="scroll-thin min-h-0 flex-1 overflow-y-auto">{children}</div>;
}

function Count({ count, isMore }: { count: number; isMore: boolean }) {
  return (
    <span className="rounded-full bg-hover px-1.5 text-2xs text-ink-2 tabular-nums">
      {count}
      {isMore && "+"}
    </span>
  );
}
