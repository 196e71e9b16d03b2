"use client";
import { useQuery } from "@tanstack/react-query";
import { useLiveStatus } from "@/components/live/provider";
import { useIdentity, useRulesAll } from "@/components/shell/identity";
import { useTRPC, useTRPCClient } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { ErrorNote } from "@/components/ui/error-note";
import { formatPlural } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import { PageHeader, TableSkeleton } from "@/components/ui/page";
import { ErrorCard } from "@/components/ui/query-view";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { BackendsPart } from "./backends-part";
import { Checks } from "./checks";
import { HealthParts } from "./health-parts";
import { LoopsTable } from "./loops-table";
import { Part } from "./part";
import { type HeardStatus, ServerParts } from "./server-parts";

const REFRESH_MS = 5_000;
const ALWAYS = { refetchInterval: REFRESH_MS, staleTime: 0 };

/** Whether each part works, and what that means when it does not. */
export function StatusView() {
  const trpc = useTRPC();
  const identity = useIdentity();
  const health = useQuery(trpc.health.get.queryOptions(undefined, ALWAYS));
  const status = useHeardStatus();
  const isOfAll = useRulesAll();
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader title="Status" description="Health of the parts." />
      <ScrollRegion label="Parts" className="min-h-0 flex-1">
        {health.data === undefined && health.error === null && <TableSkeleton rows={5} />}
        {health.error !== null && (
          <ErrorCard
            error={readError(health.error)}
            onRetry={() => void health.refetch()}
            isRetrying={health.isFetching}
          />
        )}
        <dl className="divide-y border-b bg-panel">
          {health.data !== undefined && <HealthParts health={health.data} />}
          {status.data !== undefined && <ServerParts status={status.data} />}
          <OwnParts />
          {isOfAll && <Checks />}
          <Part name="You" tone="quiet" word={identity.role}>
            {showTricks(identity.name)}, {identity.tenantId === null ? "all tenants" : `tenant ${identity.tenantId}`}
          </Part>
        </dl>
        <ErrorNote error={status.error} className="m-4 lg:mx-6" />
        {status.data !== undefined && (
          <section aria-label="What goes on by itself" className="mt-4 border-y bg-panel">
            <h2 className="px-4 py-2.5 text-sm font-semibold lg:px-6">What goes on by itself</h2>
            <LoopsTable loops={status.data.loops} />
          </section>
        )}
      </ScrollRegion>
    </div>
  );
}

/** The server's answer, with when it came by this browser's own clock. */
function useHeardStatus() {
  const trpc = useTRPC();
  const api = useTRPCClient();
  return useQuery({
    ...ALWAYS,
    queryKey: [...trpc.health.status.queryKey(), "heard"],
    queryFn: async (): Promise<HeardStatus> => {
      const beganMs = performance.now();
      const answer = await api.health.status.query();
      return { ...answer, heardMs: Date.now(), askedForMs: performance.now() - beganMs };
    },
  });
}

/** What this browser tab sees for itself. */
function OwnParts() {
  const trpc = useTRPC();
  const live = useLiveStatus();
  const runners = useQuery(trpc.runners.stats.queryOptions({}, { refetchInterval: REFRESH_MS })).data;
  const beating = runners === undefined ? 0 : runners.living - runners.byState.late - runners.byState.lost;
  return (
    <>
      <Part
        name="Event stream"
        tone={live.state === "live" ? "good" : live.state === "reconnecting" ? "warn" : "quiet"}
        word={live.state}
      >
        What this browser tab receives changes by.
      </Part>
      <Part name="Runners" tone={beating > 0 ? "good" : "quiet"} word={beating > 0 ? "working" : "none at work"}>
        {formatPlural(beating, "runner")} heard of in time. They are launched when there is work.
      </Part>
      <BackendsPart />
    </>
  );
}
