"use client";
import { useQuery } from "@tanstack/react-query";
import { DocLink } from "@/components/docs/doc-link";
import { useTRPC } from "@/components/trpc/client";
import { formatDuration } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
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
    <Panel title="Server">
      <QueryView query={facts}>
        {(data) => (
          <>
            <Facts className="p-4" items={factsOf(data)} />
            <p className="border-t px-4 py-2.5 text-xs text-ink-2">
              Set by environment variables: <DocLink name="configuration">Configuration</DocLink>
            </p>
          </>
        )}
      </QueryView>
    </Panel>
  );
}

function factsOf(facts: ServerFacts): Fact[] {
  const { storage, requests } = facts;
  const breaker = `${storage.breakerMin} volumes and ${Math.round(storage.breakerShare * 100)}%`;
  return [
    ["Version", facts.version],
    // Who starts it from a clone has named none.
    ["Commit", facts.sourceCommit === "unknown" ? null : <code key="commit">{revealHidden(facts.sourceCommit)}</code>],
    ["Node", facts.nodeVersion],
    ["Executor", EXECUTORS[facts.executor] ?? facts.executor],
    ["Volumes", facts.volumes],
    ["Demo profile", facts.isDemoOn ? "On" : "Off"],
    ["Lease", formatDuration(facts.leaseMs)],
    ["Max. runners", facts.runnersMax],
    ["Turn counts as silent after", formatDuration(facts.stuckAfterMs)],
    ["Attempt timeout", facts.runnerDeadlineMs && formatDuration(facts.runnerDeadlineMs)],
    ["Rate limit per token", `${requests.perSecond} requests/s, bursts of ${requests.burst.toLocaleString("en")}`],
    ["Cleanup", `Every ${formatDuration(storage.gcIntervalMs)}, up to ${storage.dailyMax} volumes a day`],
    ["Cleanup pauses at", `${breaker} expired at once`],
    ["Idle sessions expire", storage.idleTtlMs === null ? "Never" : `After ${formatDuration(storage.idleTtlMs)}`],
    ["Archives kept", storage.archiveKeep],
    ["Replaced archives", storage.archiveRetentionMs && `For ${formatDuration(storage.archiveRetentionMs)}`],
    [
      "Archives of evicted volumes",
      storage.archiveRetentionDays === null ? "Forever" : `For ${storage.archiveRetentionDays} d`,
    ],
  ];
}
