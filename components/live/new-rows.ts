import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useThrottledRefetch } from "./throttled";

/** An empty list takes what comes within so long together. */
const REFETCH_WAIT_MS = 800;

type NewRowsOptions = {
  /** The rows that the list shows. */
  ids: readonly string[];
  /** Whether it has been read: one that has not is not empty. */
  isRead: boolean;
  /** Another filter has other news. */
  filter: unknown;
  /** Of the list, which is read anew by it. */
  queryKey: QueryKey;
};

/** One further down than what is loaded is not new: its place is on a page that was not asked for yet. */
export function isFurtherDown(at: string, lastAt: string | undefined, hasMore: boolean): boolean {
  return hasMore && lastAt !== undefined && at < lastAt;
}

/**
 * Rows that a list lacks and that the stream told of: they wait behind a pill, so that no row jumps under a pointer. An
 * empty list has none that could, and takes them by itself.
 */
export function useNewRows({ ids, isRead, filter, queryKey }: NewRowsOptions) {
  const client = useQueryClient();
  const refetch = useThrottledRefetch(REFETCH_WAIT_MS, queryKey);
  const [newIds, setNewIds] = useState<ReadonlySet<string>>(new Set());
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was new under another filter is not under this.
  useEffect(() => setNewIds(new Set()), [filter]);
  const count = [...newIds].filter((id) => !ids.includes(id)).length;
  const isTaken = isRead && ids.length === 0;
  const show = () => {
    setNewIds(new Set());
    void client.invalidateQueries({ queryKey });
  };
  useEffect(() => {
    if (!isTaken || count === 0) return;
    setNewIds(new Set());
    refetch();
  });
  const note = (id: string) => {
    if (!ids.includes(id) && !newIds.has(id)) setNewIds((current) => new Set([...current, id]));
  };
  return { count: isTaken ? 0 : count, show, note };
}
