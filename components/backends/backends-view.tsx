"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { DemoLabel } from "@/components/sessions/demo-label";
import { useTRPC } from "@/components/trpc/client";
import { EmptyState, Facts, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { State } from "@/components/ui/state";
import { Time } from "@/components/ui/time";
import type { Backend } from "@/contract/backend";

/** How agents can be started: one card per profile. */
export function BackendsView() {
  const trpc = useTRPC();
  const query = useQuery(trpc.backends.list.queryOptions());
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Backends"
        description="How agents are started. Keys stay in the server: only whether one is there is shown."
      />
      <ScrollRegion label="Backends" className="min-h-0 flex-1">
        <QueryView query={query}>
          {(list) =>
            list.items.length === 0 ? (
              <EmptyState title="No backend profile">
                Name a file of profiles in AGENTRUN_BACKENDS, or switch the demo on.
              </EmptyState>
            ) : (
              <ul className="grid gap-4 p-4 sm:grid-cols-2 lg:p-6 2xl:grid-cols-3">
                {list.items.map((backend) => (
                  <BackendCard key={backend.profile} backend={backend} />
                ))}
              </ul>
            )
          }
        </QueryView>
      </ScrollRegion>
    </div>
  );
}

function BackendCard({ backend }: { backend: Backend }) {
  return (
    <li className="flex min-w-0 flex-col gap-3 rounded-lg border bg-panel p-4">
      <div className="flex items-center justify-between gap-2">
        <h2 className="flex items-center gap-2 text-sm font-semibold">
          {backend.profile} <DemoLabel profile={backend.profile} />
        </h2>
        {backend.isConfigured ? <State state="ready" /> : <State state="none" word="not configured" />}
      </div>
      <Facts
        items={[
          ["Model", backend.model ?? "none"],
          ["Protocol", shown(backend.capabilities.protocol)],
          ["Command", <code key="c">{shown(backend.capabilities.command)}</code>],
          ...registered(backend),
        ]}
      />
      {!backend.isConfigured && (
        <p className="text-xs text-ink-2">
          Give it a model and the name of the variable that holds its key, in the file that{" "}
          <code>AGENTRUN_BACKENDS</code> names.
        </p>
      )}
    </li>
  );
}

function shown(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "unknown" : JSON.stringify(value);
}

/** What the profile's row says; a profile that the server makes up has none. */
function registered(backend: Backend): [string, ReactNode][] {
  if (Date.parse(backend.updatedAt) <= 0) return [];
  return [
    ["Capacity", shown(backend.capacity.mode ?? backend.capacity)],
    ["Health", shown(backend.health.status ?? backend.health)],
    ["Changed", <Time key="changed" at={backend.updatedAt} />],
  ];
}
