import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { heldLeases } from "@/components/trpc/lists";
import type { RunSummary } from "@/contract/run";

/** The runs with their leases as they are now; those are asked for only while a run that is shown has one. */
export function useLeases(runs: readonly RunSummary[]): readonly RunSummary[] {
  const trpc = useTRPC();
  const isAny = runs.some((run) => run.status === "claimed");
  const held = useQuery({ ...heldLeases(trpc), enabled: isAny }).data?.items;
  if (!isAny || held === undefined) return runs;
  const leases = new Map(held.map(({ id, leaseExpiresAt, leaseEpoch }) => [id, { leaseExpiresAt, leaseEpoch }]));
  return runs.map((run) => {
    const lease = run.status === "claimed" ? leases.get(run.id) : undefined;
    return lease === undefined || lease.leaseEpoch < run.leaseEpoch ? run : { ...run, ...lease };
  });
}
