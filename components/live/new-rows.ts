import { useEffect, useState } from "react";

type Listed = {
  /** The rows that the list shows. */
  ids: readonly string[];
  /** Whether it has been read: one that has not is not empty. */
  isRead: boolean;
  /** Another filter has other news. */
  filter: unknown;
  /** Reads the list anew. */
  onShow: () => void;
};

/** One further down than what is loaded is not new: its place is on a page that was not asked for yet. */
export function isFurtherDown(at: string, lastAt: string | undefined, hasMore: boolean): boolean {
  return hasMore && lastAt !== undefined && at < lastAt;
}

/**
 * Rows that a list lacks and that the stream told of: they wait behind a pill, so that no row jumps under a pointer. An
 * empty list has none that could, and takes them at once.
 */
export function useNewRows({ ids, isRead, filter, onShow }: Listed) {
  const [newIds, setNewIds] = useState<ReadonlySet<string>>(new Set());
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was new under another filter is not under this.
  useEffect(() => setNewIds(new Set()), [filter]);
  const count = [...newIds].filter((id) => !ids.includes(id)).length;
  const show = () => {
    setNewIds(new Set());
    onShow();
  };
  useEffect(() => {
    if (isRead && ids.length === 0 && count > 0) show();
  });
  const note = (id: string) => {
    if (!ids.includes(id) && !newIds.has(id)) setNewIds((known) => new Set([...known, id]));
  };
  return { count, show, note };
}
