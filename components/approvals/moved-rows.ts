export type MovedRows = ReadonlySet<string>;

/** Which rows stand further up or down than before: those behind one that has gone, or that has come. */
export function movedBetween(before: readonly string[], now: readonly string[]): MovedRows {
  const first = now.findIndex((id, index) => before[index] !== id);
  const beforeIds = new Set(before);
  return new Set(first === -1 ? [] : now.slice(first).filter((id) => beforeIds.has(id)));
}
