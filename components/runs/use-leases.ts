import { useQueries } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { heldLeases } from "@/components/trpc/lists";
import type { RunSummary } from "@/contract/run";

/** The runs with their leases as they are now; those are asked for of the runs that are shown and have one. */
export function useLeases(runs: readonly RunSummary[]): readonly RunSummary[] {
  const trpc = useTRPC();
  const queries = useQueries({ queries: heldLeases(trpc, runs) });
  return withLeases(
    runs,
    queries.flatMap((query) => query.data?.items ?? []),
  );
}

/** The runs with the leases that were heard of; an older epoch's is none. */
export function withLeases(runs: readonly RunSummary[], held: readonly RunSummary[]): readonly RunSummary[] {
  if (held.length === 0) return runs;
  const leases = new Map(held.map(({ id, leaseExpiresAt, leaseEpoch }) => [id, { leaseExpiresAt, leaseEpoch }]));
  return runs.map((run) => {
    const lease = run.status === "claimed" ? leases.get(run.id) : undefined;
    return lease === undefined || lease.leaseEpoch < run.leaseEpoch ? run : { ...run, ...lease };
  });
}
