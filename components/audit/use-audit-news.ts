import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { auditNewest } from "@/components/trpc/lists";
import type { AuditRow, ListAuditInput } from "@/contract/audit";
import { useRefetchWhenDone } from "./use-refetch-when-done";

/** Rows are written with what they tell of, so that a frame of it is reason enough to ask. */
const REFETCH_WAIT_MS = 700;

/** How many rows of the newest are not listed yet; asked for when the stream tells that something was done, and now and then. */
export function useAuditNews(input: Partial<ListAuditInput>, listed: readonly AuditRow[]): number {
  const trpc = useTRPC();
  const options = auditNewest(trpc, input);
  const newest = useQuery(options).data?.items ?? [];
  useRefetchWhenDone(options.queryKey, REFETCH_WAIT_MS);
  const listedIds = new Set(listed.map(({ id }) => id));
  const [first] = listed;
  return newest.filter((row) => !listedIds.has(row.id) && (first === undefined || row.at >= first.at)).length;
}
