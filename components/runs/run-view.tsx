"use client";
import { useQuery } from "@tanstack/react-query";
import dynamic from "next/dynamic";
import Link from "next/link";
import { RunnerLink } from "@/components/runners/runner-link";
import { Profile } from "@/components/sessions/demo-label";
import { attemptOf, explainRun } from "@/components/sessions/session-state";
import { eventAddress, runAddress, runJobAddress, runLogAddress, taskAddress } from "@/components/shell/addresses";
import { RunLogsProvider, useFollow } from "@/components/trace/session-logs";
import { TraceView } from "@/components/trace/trace-view";
import { useTRPC } from "@/components/trpc/client";
import { leasedRun, usageOfRun } from "@/components/trpc/lists";
import { BackTo } from "@/components/ui/back-to";
import { cn } from "@/components/ui/class-names";
import { Id } from "@/components/ui/copy";
import { sentence, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { JsonPanel } from "@/components/ui/json-panel";
import { Facts, PageHeader, Panel, TableSkeleton } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { RecordBody } from "@/components/ui/record-body";
import { State } from "@/components/ui/state";
import { TabLinks } from "@/components/ui/tabs";
import { Countdown, Duration, Time } from "@/components/ui/time/time";
import { ModelUsePanel } from "@/components/usage/model-use";
import type { Run } from "@/contract/run";
import { isTerminal } from "@/contract/words";
import { RunActions } from "./run-actions";
import { RunAttempts } from "./run-attempts";
import { RunCommands } from "./run-commands";
import { RunSteps } from "./run-steps";
import { sessionIdOf } from "./session-id";
import { SessionLink } from "./session-link";
import type { RunTab } from "./tabs";
import { usePendingApprovals } from "./use-pending-approvals";
import { WhyCard } from "./why-card";

const TimelineView = dynamic(
  () => import("@/components/timeline/timeline-view").then((module) => module.TimelineView),
  {
    loading: () => <TableSkeleton />,
  },
);
const ChangesView = dynamic(() => import("@/components/changes/changes-view").then((module) => module.ChangesView), {
  loading: () => <TableSkeleton />,
});
const JobView = dynamic(() => import("./job-view").then((module) => module.JobView), {
  loading: () => <TableSkeleton />,
});
const LogView = dynamic(() => import("./log-view").then((module) => module.LogView), {
  loading: () => <TableSkeleton />,
});

/** A run's page: status, commands, attempts and events. */
export function RunView({ runId, tab }: { runId: string; tab: RunTab }) {
  const trpc = useTRPC();
  const run = useQuery(leasedRun(trpc, runId));
  return (
    <RunLogsProvider>
      <QueryView query={run} heading="Run">
        {(data) => <LoadedRun run={data} tab={tab} />}
      </QueryView>
    </RunLogsProvider>
  );
}

function LoadedRun({ run, tab }: { run: Run; tab: RunTab }) {
  const explained = explainRun(run, usePendingApprovals(run));
  // The card below says it, whole.
  const showsFailure = tab === "overview" && (run.status === "failed" || run.turnFailureKind != null);
  const base = runAddress(run.id);
  const sessionId = sessionIdOf(run);
  useFollow(run.id);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title={
          <span className="flex flex-wrap items-center gap-x-2">
            <BackTo href="/runs" name="All runs" className="-mr-1" />
            Run <Id id={run.id} /> <Profile profile={run.backendProfile} />
          </span>
        }
        description={
          <span className="flex flex-wrap items-center gap-x-2">
            <State isIconless state={explained.state} word={explained.word} />{" "}
            {showsFailure ? null : firstLine(explained.why)}
            {explained.next !== undefined && (
              <span className={cn("text-ink-3", explained.state === "claimed" && "max-sm:hidden")}>
                {revealHidden(explained.next.text)} <Countdown to={explained.next.at} />
              </span>
            )}
          </span>
        }
        actions={<RunActions run={run} />}
      />
      <TabLinks
        label="Run"
        current={tab}
        tabs={[
          { key: "overview", name: "Overview", href: base },
          { key: "events", name: "Events", href: `${base}?tab=events` },
          { key: "timeline", name: "Timeline", href: `${base}?tab=timeline` },
          { key: "changes", name: "Changes", href: `${base}?tab=changes` },
          { key: "job", name: "Job", href: runJobAddress(run.id) },
          { key: "log", name: "Log", href: runLogAddress(run.id) },
        ]}
      />
      {tab === "events" && <TraceView runs={[run]} followedId={run.id} />}
      {tab === "timeline" && <TimelineView runs={[run]} followedId={run.id} eventHref={eventAddress} />}
      {tab === "changes" && (
        <ChangesView
          runs={[run]}
          followedId={run.id}
          patchOf={sessionId === null ? null : { sessionId, runId: run.id }}
          eventHref={eventAddress}
        />
      )}
      {tab === "job" && <JobView run={run} />}
      {tab === "log" && <LogView run={run} />}
      {tab === "overview" && (
        <RecordBody facts={<RunFacts run={run} />}>
          <RunSteps run={run} />
          <WhyCard run={run} />
          <RunCommands run={run} />
          <RunAttempts run={run} />
        </RecordBody>
      )}
    </div>
  );
}

/** Errors may have many lines; their first one is enough where all of them stand elsewhere. */
function firstLine(why: string): string {
  return revealHidden(why.split("\n").find((line) => line.trim() !== "") ?? why);
}

function RunFacts({ run }: { run: Run }) {
  const trpc = useTRPC();
  const usage = useQuery(usageOfRun(trpc, run.id));
  const sessionId = sessionIdOf(run);
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <Panel title="Details">
        <Facts
          className="p-4"
          items={[
            ["Session", sessionId === null ? "None" : <SessionLink key="s" sessionId={sessionId} />],
            [
              "Task",
              run.taskId === null ? null : (
                <Link key="t" href={taskAddress(run.taskId)} className="font-mono text-accent hover:underline">
                  {shortenId(run.taskId)}
                </Link>
              ),
            ],
            ["Project", `${run.tenantId} / ${run.projectId}`],
            ["Created", <Time key="c" at={run.createdAt} />],
            ["Duration", <Duration key="d" from={run.createdAt} to={isTerminal(run.status) ? run.updatedAt : null} />],
            ["Lease", <State key="l" isIconless state={run.leaseState} word={sentence(run.leaseState)} />],
            ["Runner", run.claimedBy === null ? "None" : <RunnerLink key="h" id={run.claimedBy} />],
            ["Lease epoch", run.leaseEpoch],
            ["Attempts", attemptOf(run)],
            ["Events", run.lastEventSeq.toLocaleString("en")],
          ]}
        />
      </Panel>
      <ModelUsePanel query={usage} />
      {Object.keys(run.executionPolicy).length > 0 && (
        <JsonPanel title="Execution policy" value={run.executionPolicy} />
      )}
      <JsonPanel title="Workspace" value={run.workspaceRef} />
      {run.resourceBundleRef !== null && <JsonPanel title="Resource bundle" value={run.resourceBundleRef} />}
    </div>
  );
}
