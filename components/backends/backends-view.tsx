"use client";
import { useQuery } from "@tanstack/react-query";
import { useQueryState } from "nuqs";
import { useTRPC } from "@/components/trpc/client";
import { backendsLive, usageOfProfiles } from "@/components/trpc/lists";
import { ErrorNote } from "@/components/ui/error/error-note";
import { Choices } from "@/components/ui/form/choices";
import { EmptyState, PageHeader } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { ScrollRegion } from "@/components/ui/scroll-region";
import type { Backend } from "@/contract/backend";
import { LATENCY_WINDOWS } from "@/contract/words";
import { BackendCard } from "./backend-card";
import { SetUpAnother } from "./set-up-another";
import { USE_DAYS, WINDOW_NAMES, WITHIN } from "./windows";

/** A card for each profile that is set up, and how to set up another. */
export function BackendsView() {
  const trpc = useTRPC();
  const query = useQuery(backendsLive(trpc));
  const [within, setWithin] = useQueryState("within", WITHIN);
  const usage = useQuery(usageOfProfiles(trpc, USE_DAYS[within]));
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        title="Backends"
        description="Model profiles that agents can use. API keys never leave the server."
        actions={
          <Choices
            label="Period"
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
          {(list) => {
            const isSetUp = (backend: Backend) => backend.isConfigured || backend.disabled !== null;
            return list.items.length === 0 ? (
              <EmptyState title="No backend profiles">
                Point AGENTRUN_BACKENDS at a file of profiles, or enable the demo.
              </EmptyState>
            ) : (
              <>
                <ul className="grid gap-4 p-4 sm:grid-cols-2 lg:p-6 2xl:grid-cols-3">
                  {sorted(list.items.filter(isSetUp)).map((backend) => (
                    <BackendCard key={backend.profile} backend={backend} usage={usage.data} within={within} />
                  ))}
                </ul>
                <SetUpAnother backends={list.items.filter((backend) => !isSetUp(backend))} />
              </>
            );
          }}
        </QueryView>
      </ScrollRegion>
    </div>
  );
}

/** Those that take work first. The order does not go by the clock, so that cards stay where they are. */
function sorted(backends: readonly Backend[]): Backend[] {
  const rank = ({ disabled, key, probe, isDemo }: Backend) =>
    disabled !== null
      ? 4
      : key.source !== "none" && !key.isPresent
        ? 3
        : (probe?.failures ?? 0) > 0
          ? 2
          : isDemo
            ? 1
            : 0;
  return [...backends].sort((a, b) => rank(a) - rank(b) || (a.profile < b.profile ? -1 : 1));
}
