import { useMemo, useState } from "react";
import { toServerTime } from "@/components/ui/clock";

type Row = { id: string; updatedAt: string };
type LookedAt = { filter: string; ids: ReadonlySet<string>; atMs: number };

/** Whether a row has come, or come back, since a list was looked at. One that took a free place was there before. */
export function isFresh(row: Row, seen: { ids: ReadonlySet<string>; atMs: number }): boolean {
  return !seen.ids.has(row.id) && Date.parse(row.updatedAt) > seen.atMs;
}

/**
 * The rows of a list that is read anew by itself, told apart: what was looked at, and what has come since. An empty list,
 * and one under another filter, takes all that comes.
 */
export function useFreshRows<Item extends Row>(rows: readonly Item[] | undefined, filter: string) {
  const [seen, setSeen] = useState<LookedAt | null>(null);
  const look = (items: readonly Item[]) =>
    setSeen({ filter, ids: new Set(items.map(({ id }) => id)), atMs: toServerTime(Date.now()) });
  const known = seen?.filter === filter ? seen : null;
  const fresh = useMemo(
    () => (known === null || rows === undefined ? [] : rows.filter((row) => isFresh(row, known))),
    [rows, known],
  );
  const isFirst = rows !== undefined && (known === null || (fresh.length > 0 && fresh.length === rows.length));
  if (isFirst) look(rows);
  return { fresh, look: () => look(rows ?? []) };
}
