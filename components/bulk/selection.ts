/** The ids between two of a list, both included, in its order; the second alone where the first is not in it. */
export function rangeOf(ids: readonly string[], from: string | null, to: string): string[] {
  const end = ids.indexOf(to);
  const start = from === null ? -1 : ids.indexOf(from);
  if (end === -1) return [];
  if (start === -1) return [to];
  return ids.slice(Math.min(start, end), Math.max(start, end) + 1);
}

/** The row that a cursor goes to: from nowhere the first or the last, never past an end. */
export function stepFrom(ids: readonly string[], cursor: string | null, step: number): string | null {
  if (ids.length === 0) return null;
  const index = cursor === null ? -1 : ids.indexOf(cursor);
  if (index === -1) return (step > 0 ? ids[0] : ids.at(-1)) ?? null;
  return ids[Math.min(ids.length - 1, Math.max(0, index + step))] ?? null;
}

/** Where a cursor is once its row is gone: at the row that took its place. */
export function successorOf(before: readonly string[], after: readonly string[], cursor: string | null): string | null {
  if (cursor === null || after.includes(cursor)) return cursor;
  const index = before.indexOf(cursor);
  if (index === -1) return null;
  const there = new Set(after);
  return (
    before.slice(index + 1).find((id) => there.has(id)) ??
    before
      .slice(0, index)
      .reverse()
      .find((id) => there.has(id)) ??
    null
  );
}
