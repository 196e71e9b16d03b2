import type { Need, NeedCount, NeedKind } from "@/contract/overview";

export type NeedRow = { id: string; updatedAt: string; need: Need };

/**
 * Needs as rows with keys of their own: what one is about, whatever is said of it meanwhile. One that was not there when
 * the list was looked at has come since, however long ago it began.
 */
export function needRows(needs: readonly Need[], readAt: string): NeedRow[] {
  const ordinals = new Map<string, number>();
  return needs.map((need) => {
    const { title: _title, message: _message, since: _since, ...of } = need;
    const about = JSON.stringify(of);
    // Loops have no ids: they are told apart by their order, which is that of the loops.
    const nth = ordinals.get(about) ?? 0;
    ordinals.set(about, nth + 1);
    return { id: nth === 0 ? about : `${about} ${nth}`, updatedAt: readAt, need };
  });
}

export type CutKind = { kind: NeedKind; listed: number; count: number; hasMore: boolean };

/** The kinds of which not all are listed. */
export function cutKinds(needs: readonly Need[], counts: readonly NeedCount[]): CutKind[] {
  return counts
    .map((entry) => ({ ...entry, listed: needs.filter(({ kind }) => kind === entry.kind).length }))
    .filter(({ listed, count, hasMore }) => hasMore || count > listed);
}

/** How many there are of all kinds: `143`, or `1,020+` where not all were counted. */
export function countOf(counts: readonly { count: number; hasMore: boolean }[]): string {
  const count = counts.reduce((sum, entry) => sum + entry.count, 0);
  return `${count.toLocaleString("en")}${counts.some(({ hasMore }) => hasMore) ? "+" : ""}`;
}
