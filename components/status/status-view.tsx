"use client";
import { useQuery } from "@tanstack/react-query";
import { useLiveStatus } from "@/components/live/provider";
import { useIdentity, useRulesAll } from "@/components/shell/identity";
import { useTRPC, useTRPCClient } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { ErrorNote } from "@/components/ui/error/error-note";
import { formatPlural } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { PageHeader, TableSkeleton } from "@/components/ui/page";
import { ErrorCard } from "@/components/ui/query-view";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { BackendsPart } from "./backends-part";
import { Checks } from "./checks";
import { HealthParts } from "./health-parts";
import { LoopsTable } from "./loops-table";
import { type HeardStatus, ServerParts } from "./server-parts";
import { Part } from "./status-part";

const REFRESH_MS = 5_000;
const ALWAYS = { refetchInterval: REFRESH_MS, staleTime: 0 };

/** Whether each part works, and what that means when it does not. */
export function StatusView() {
  const trpc = useTRPC();
  const identity = useIdentity();
  const health = useQuery(trpc.health.get.queryOptions(undefined, ALWAYS));
  const status = useHeardStatus();
  const isInstanceAdmin = useRulesAll();
  // All parts come at once, so that none of them moves; where the database is away there is no more to come.
  const isHeard =
    health.error !== null ||
    status.error !== null ||
    (health.data !== undefined && (status.data !== undefined || !health.data.ready));
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader title="Status" description="Health of the server, its workers and what they depend on" />
      <ScrollRegion label="Components" className="min-h-0 flex-1">
        {!isHeard && <TableSkeleton rows={12} />}
        {health.error !== null && (
          <ErrorCard
            error={readError(health.error)}
            onRetry={() => void health.refetch()}
            isRetrying={health.isFetching}
          />
        )}
        {isHeard && (
          <dl className="divide-y border-b bg-panel">
            {health.data !== undefined && <HealthParts health={health.data} />}
            {status.data !== undefined && <ServerParts status={status.data} />}
            <OwnParts />
            {isInstanceAdmin && <Checks />}
            <Part name="You" tone="quiet" word={identity.role}>
              {revealHidden(identity.name)},{" "}
              {identity.tenantId === null ? "all tenants" : `tenant ${identity.tenantId}`}
            </Part>
          </dl>
        )}
        <ErrorNote error={status.error} className="m-4 lg:mx-6" />
        {status.data !== undefined && (
          <section aria-label="Background jobs" className="mt-4 border-y bg-panel">
            <h2 className="px-4 py-2.5 text-sm font-semibold lg:px-6">Background jobs</h2>
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
        Live updates in this browser tab.
      </Part>
      <Part name="Runners" tone={beating > 0 ? "good" : "quiet"} word={beating > 0 ? "active" : "none active"}>
        {formatPlural(beating, "runner")} reporting on time. Runners start when there's work.
      </Part>
      <BackendsPart />
    </>
  );
}
