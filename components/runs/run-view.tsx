"use client";
import { useQuery } from "@tanstack/react-query";
import { XCircle } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { Profile } from "@/components/sessions/demo-label";
import { explainRun } from "@/components/sessions/session-state";
import { runAddress, sessionAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { RunLogsProvider, useFollow } from "@/components/trace/session-logs";
import { TraceView } from "@/components/trace/trace-view";
import { useTRPC } from "@/components/trpc/client";
import { leasedRun, usageOfRun } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { Id } from "@/components/ui/copy";
import { JsonPanel } from "@/components/ui/json-panel";
import { Facts, PageHeader, Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { State } from "@/components/ui/state";
import { TabLinks } from "@/components/ui/tabs";
import { Countdown, Duration, Time } from "@/components/ui/time";
import { ModelUsePanel } from "@/components/usage/model-use";
import type { Run } from "@/contract/run";
import { isTerminal } from "@/contract/words";
import { CancelRunDialog } from "./cancel-run";
import { ForceRelease } from "./force-release";
import { RunAttempts } from "./run-attempts";
import { RunCommands } from "./run-commands";
import type { RunTab } from "./tabs";

/** A run's page: what it does and why, its commands, its attempts, its events. */
export function RunView({ runId, tab }: { runId: string; tab: RunTab }) {
  const trpc = useTRPC();
  const run = useQuery(leasedRun(trpc, runId));
  return (
    <RunLogsProvider>
      <QueryView query={run}>{(data) => <LoadedRun run={data} tab={tab} />}</QueryView>
    </RunLogsProvider>
  );
}

function LoadedRun({ run, tab }: { run: Run; tab: RunTab }) {
  const [isCancelling, setIsCancelling] = useState(false);
  const canOperate = useCanOperate();
  const explained = explainRun(run);
  const base = runAddress(run.id);
  useFollow(run.id);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title={
          <span className="flex flex-wrap items-center gap-2">
            Run <Id id={run.id} /> <Profile profile={run.backendProfile} />
          </span>
        }
        description={
          <span className="flex flex-wrap items-center gap-x-2">
            <State isBare state={explained.state} word={explained.word} /> {explained.why}
            {explained.next !== undefined && (
              <span className="text-ink-3">
                {explained.next.text} <Countdown to={explained.next.at} />
              </span>
            )}
          </span>
        }
        actions={
          canOperate &&
          !isTerminal(run.status) && (
            <>
              {run.leaseState === "fencing" && <ForceRelease run={run} />}
              <Button disabled={run.cancelRequestedAt !== null} onClick={() => setIsCancelling(true)}>
                <XCircle aria-hidden className="size-4" /> {run.cancelRequestedAt === null ? "Cancel" : "Cancelling…"}
              </Button>
            </>
          )
        }
      />
      <TabLinks
        label="Run"
        current={tab}
        tabs={[
          { key: "overview", name: "Overview", href: base },
          { key: "events", name: "Events", href: `${base}?tab=events` },
        ]}
      />
      {tab === "events" ? (
        <TraceView runs={[run]} followedId={run.id} />
      ) : (
        <div className="scroll-thin grid min-h-0 flex-1 auto-rows-min gap-4 overflow-y-auto p-4 lg:grid-cols-[minmax(0,1fr)_20rem] lg:p-6">
          <div className="flex min-w-0 flex-col gap-4">
            {run.status === "failed" && <WhyFailed run={run} />}
            <RunCommands run={run} />
            <RunAttempts run={run} />
          </div>
          <RunFacts run={run} />
        </div>
      )}
      <CancelRunDialog run={run} isOpen={isCancelling} onOpenChange={setIsCancelling} />
    </div>
  );
}

const ADVICE: Record<string, string> = {
  "runner-lost":
    "Its runner went away in the middle of a turn, and policy says to ask. Look at the trace for how far it came, then send the turn again.",
  "backend-failed":
    "codex could not go on. The message below is what it said last; Backends shows how the profile is configured.",
  timeout: "The turn took longer than its policy allows (turnTimeoutMs).",
  "approval-timeout": "Nobody answered its approval in time.",
  "storage-full": "Its volume is full. Evict or enlarge volumes under Storage.",
  "session-store-evicted": "The session's volume was removed. Restore it under the session's Storage tab.",
};

function WhyFailed({ run }: { run: Run }) {
  return (
    <section className="rounded-lg border border-bad/40 bg-bad-soft p-4 text-sm">
      <h2 className="font-semibold text-bad">Why it failed: {run.failureKind ?? "unknown"}</h2>
      {run.failureKind !== null && ADVICE[run.failureKind] !== undefined && (
        <p className="mt-1 text-ink-2">{ADVICE[run.failureKind]}</p>
      )}
      {run.failureMessage !== null && (
        <pre className="mt-2 text-xs wrap-anywhere whitespace-pre-wrap">{run.failureMessage}</pre>
      )}
    </section>
  );
}

function RunFacts({ run }: { run: Run }) {
  const trpc = useTRPC();
  const usage = useQuery(usageOfRun(trpc, run.id));
  const sessionId = run.sessionRef?.sessionId;
  return (
    <div className="flex min-w-0 flex-col gap-4">
      <Panel title="Facts">
        <Facts
          className="p-4"
          items={[
            [
              "Session",
              typeof sessionId === "string" ? (
                <Link
                  key="s"
                  href={sessionAddress(sessionId)}
                  className="font-mono text-accent wrap-anywhere hover:underline"
                >
                  {sessionId}
                </Link>
              ) : (
                "none"
              ),
            ],
            ["Project", `${run.tenantId} / ${run.projectId}`],
            ["Created", <Time key="c" at={run.createdAt} />],
            ["Length", <Duration key="d" from={run.createdAt} to={isTerminal(run.status) ? run.updatedAt : null} />],
            ["Lease", <State key="l" isBare state={run.leaseState} />],
            ["Holder", run.claimedBy === null ? "none" : <Id key="h" id={run.claimedBy} />],
            ["Epoch", run.leaseEpoch],
            ["Attempts", run.attemptCount],
            ["Events", run.lastEventSeq.toLocaleString("en")],
          ]}
        />
      </Panel>
      <ModelUsePanel query={usage} />
      <JsonPanel title="Execution policy" value={run.executionPolicy} />
      <JsonPanel title="Workspace" value={run.workspaceRef} />
      {run.resourceBundleRef !== null && <JsonPanel title="Resource bundle" value={run.resourceBundleRef} />}
    </div>
  );
}
