"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useLiveStatus } from "@/components/live/provider";
import { useIdentity } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { formatPlural } from "@/components/ui/format";
import { PageHeader, TableSkeleton } from "@/components/ui/page";
import { ErrorCard } from "@/components/ui/query-view";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { State, type Tone } from "@/components/ui/state";

const REFRESH_MS = 5_000;

/** Whether each part works, and what that means when it does not. */
export function StatusView() {
  const trpc = useTRPC();
  const identity = useIdentity();
  const live = useLiveStatus();
  const health = useQuery(trpc.health.get.queryOptions(undefined, { refetchInterval: REFRESH_MS, staleTime: 0 }));
  const runners = useQuery(trpc.runners.stats.queryOptions({}, { refetchInterval: REFRESH_MS })).data;
  const backends = useQuery(trpc.backends.list.queryOptions());
  const beating = runners === undefined ? 0 : runners.living - runners.byState.late - runners.byState.lost;
  const configured = backends.data?.items.filter((backend) => backend.isConfigured) ?? [];

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
        <dl className="divide-y bg-panel">
          {health.data !== undefined && (
            <>
              <Part
                name="Server"
                tone={health.data.ready ? "good" : "bad"}
                word={health.data.ready ? "ready" : "not ready"}
              >
                {health.data.message ?? "It can serve."}
              </Part>
              <Part
                name="Database"
                tone={health.data.reachable ? "good" : "bad"}
                word={health.data.reachable ? "reachable" : "unreachable"}
              >
                {health.data.reachable
                  ? `Answers (${health.data.adapter}).`
                  : "Reading stays possible where pages are loaded; runners go on and hold their events back, ten minutes at most."}
              </Part>
              <Part
                name="Migrations"
                tone={health.data.migrationReady ? "good" : "bad"}
                word={health.data.migrationReady ? "applied" : "not applied"}
              >
                {health.data.migrationId ?? "none known"}
              </Part>
            </>
          )}
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
          <Part
            name="Backends"
            tone={configured.length > 0 ? "good" : "warn"}
            word={configured.length > 0 ? "configured" : "none configured"}
          >
            {configured.length > 0
              ? configured.map((backend) => backend.profile).join(", ")
              : "Name a file of profiles in AGENTRUN_BACKENDS."}
          </Part>
          <Part name="You" tone="quiet" word={identity.role}>
            {identity.name}, {identity.tenantId === null ? "all tenants" : `tenant ${identity.tenantId}`}
          </Part>
        </dl>
      </ScrollRegion>
    </div>
  );
}

function Part({ name, tone, word, children }: { name: string; tone: Tone; word: string; children: ReactNode }) {
  const icon = tone === "good" ? "ready" : tone === "bad" ? "failed" : tone === "warn" ? "expired" : "none";
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1 px-4 py-3 lg:px-6">
      <dt className="w-28 text-sm font-medium">{name}</dt>
      <dd className="flex flex-1 flex-wrap items-center gap-x-4 gap-y-1">
        <span className="w-32 shrink-0">
          <State state={icon} tone={tone} word={word} />
        </span>
        <span className="min-w-0 text-sm text-ink-2">{children}</span>
      </dd>
    </div>
  );
}
