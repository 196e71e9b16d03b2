import { useMemo, useState } from "react";
import { toServerTime } from "@/components/ui/time/clock";

type Row = { id: string; updatedAt: string };
type Baseline = { filter: string; ids: ReadonlySet<string>; atMs: number };

/** Whether a row has come, or come back, since a list was looked at. One that took a free place was there before. */
export function isFresh(row: Row, baseline: { ids: ReadonlySet<string>; atMs: number }): boolean {
  return !baseline.ids.has(row.id) && Date.parse(row.updatedAt) > baseline.atMs;
}

/**
 * The rows of a list that is read anew by itself, told apart: what was looked at, and what has come since. An empty list,
 * and one under another filter, takes all that comes.
 */
export function useFreshRows<Item extends Row>(rows: readonly Item[] | undefined, filter: string) {
  const [seen, setSeen] = useState<Baseline | null>(null);
  const markSeen = (items: readonly Item[]) =>
    setSeen({ filter, ids: new Set(items.map(({ id }) => id)), atMs: toServerTime(Date.now()) });
  const baseline = seen?.filter === filter ? seen : null;
  const freshRows = useMemo(
    () => (baseline === null || rows === undefined ? [] : rows.filter((row) => isFresh(row, baseline))),
    [rows, baseline],
  );
  const isFirst =
    rows !== undefined && (baseline === null || (freshRows.length > 0 && freshRows.length === rows.length));
  if (isFirst) markSeen(rows);
  return { freshRows, markSeen: () => markSeen(rows ?? []) };
}
