"use client";
import { useQuery } from "@tanstack/react-query";
import { DocLink } from "@/components/docs/doc-link";
import { useTRPC } from "@/components/trpc/client";
import { formatDuration } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import { type Fact, Facts, Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import type { ServerFacts } from "@/contract/health";

const EXECUTORS: Record<string, string> = {
  local: "local: runners are processes of this machine",
  kubernetes: "kubernetes: runners are Jobs",
  none: "none: runners are started by others",
};

/** What this server is and keeps to: read-only, its environment sets it. */
export function Server() {
  const trpc = useTRPC();
  const facts = useQuery(trpc.health.facts.queryOptions());
  return (
    <Panel title="This server">
      <QueryView query={facts}>
        {(data) => (
          <>
            <Facts className="p-4" items={factsOf(data)} />
            <p className="border-t px-4 py-2.5 text-xs text-ink-2">
              Set by its environment: <DocLink name="configuration">Configuration</DocLink>
            </p>
          </>
        )}
      </QueryView>
    </Panel>
  );
}

function factsOf(facts: ServerFacts): Fact[] {
  const { storage, requests } = facts;
  const breaker = `${storage.breakerMin} volumes and ${Math.round(storage.breakerShare * 100)} %`;
  return [
    ["Version", facts.version],
    // Who starts it from a clone has named none.
    ["Commit", facts.sourceCommit === "unknown" ? null : <code key="commit">{showTricks(facts.sourceCommit)}</code>],
    ["Node", facts.nodeVersion],
    ["Executor", EXECUTORS[facts.executor] ?? facts.executor],
    ["Volumes", facts.volumes],
    ["Demo profile", facts.isDemoOn ? "on" : "off"],
    ["Lease", formatDuration(facts.leaseMs)],
    ["Runners at once", facts.runnersMax],
    ["A turn counts as silent after", formatDuration(facts.stuckAfterMs)],
    ["An attempt ends after", facts.runnerDeadlineMs && formatDuration(facts.runnerDeadlineMs)],
    ["Requests of a token", `${requests.perSecond} a second, ${requests.burst.toLocaleString("en")} at once`],
    ["Clean-up", `every ${formatDuration(storage.gcIntervalMs)}, ${storage.dailyMax} volumes a day`],
    ["Clean-up stops at", `${breaker} expired at once`],
    ["Idle sessions expire", storage.idleTtlMs === null ? "never" : `after ${formatDuration(storage.idleTtlMs)}`],
    ["Archives kept", storage.archiveKeep],
    ["Replaced archives", storage.archiveRetentionMs && `for ${formatDuration(storage.archiveRetentionMs)}`],
    [
      "Archives of evicted",
      storage.archiveRetentionDays === null ? "for ever" : `for ${storage.archiveRetentionDays} d`,
    ],
  ];
}
