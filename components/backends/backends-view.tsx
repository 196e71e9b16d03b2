"use client";
import { useQuery } from "@tanstack/react-query";
import { useQueryState } from "nuqs";
import { useTRPC } from "@/components/trpc/client";
import { backendsLive, usageOfProfiles } from "@/components/trpc/lists";
import { Choices } from "@/components/ui/choices";
import { ErrorNote } from "@/components/ui/error-note";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { ScrollRegion } from "@/components/ui/scroll-region";
import { LATENCY_WINDOWS } from "@/contract/words";
import { BackendCard } from "./backend-card";
import { WINDOW_NAMES, WITHIN } from "./windows";

/** How agents can be started: one card per profile. */
export function BackendsView() {
  const trpc = useTRPC();
  const query = useQuery(backendsLive(trpc));
  const usage = useQuery(usageOfProfiles(trpc));
  const [within, setWithin] = useQueryState("within", WITHIN);
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Backends"
        description="How agents are started, and what their models took. Keys stay in the server: only whether one is there, and since when, is shown."
        actions={
          <Choices
            label="How far back latency is told"
            values={LATENCY_WINDOWS}
            names={WINDOW_NAMES}
            value={within}
            onChange={(next) => void setWithin(next)}
          />
        }
      />
      <ScrollRegion label="Backends" className="min-h-0 flex-1">
        <ErrorNote error={usage.error} className="mx-4 mt-4 lg:mx-6" />
        <QueryView query={query}>
          {(list) =>
            list.items.length === 0 ? (
              <EmptyState title="No backend profile">
                Name a file of profiles in AGENTRUN_BACKENDS, or switch the demo on.
              </EmptyState>
            ) : (
              <ul className="grid gap-4 p-4 sm:grid-cols-2 lg:p-6 2xl:grid-cols-3">
                {list.items.map((backend) => (
                  <BackendCard key={backend.profile} backend={backend} usage={usage.data} within={within} />
                ))}
              </ul>
            )
          }
        </QueryView>
      </ScrollRegion>
    </div>
  );
}
